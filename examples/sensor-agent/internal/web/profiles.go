//go:build pprof

package web

import (
	"net/http"
	"net/http/pprof"
)

// routeProfiles serves profiles of the program at /debug/pprof/. They tell strangers much about
// it, and their code is an eighth of it: what ships is built without the tag.
func routeProfiles(mux *http.ServeMux) {
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
}
