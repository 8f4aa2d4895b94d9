//go:build !pprof

package web

import "net/http"

// routeProfiles serves none.
func routeProfiles(*http.ServeMux) {}
