// Package web shows readings over HTTP. It keeps nothing of its own: each answer is made
// from the ring and the collector's status.
package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"example.org/sensor-agent/internal/collect"
	"example.org/sensor-agent/internal/history"
	"example.org/sensor-agent/internal/sensor"
)

// Service is what the handlers show.
type Service struct {
	Ring      *history.Ring
	Collector *collect.Collector
	Version   string
}

// Handler routes /readings, /healthz and /metrics.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/readings", readOnly(s.readings))
	mux.Handle("/healthz", readOnly(s.health))
	mux.Handle("/metrics", readOnly(s.metrics))
	routeProfiles(mux)
	return mux
}

// readOnly refuses every method that would change something.
func readOnly(handler http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			writeProblem(w, http.StatusMethodNotAllowed, fmt.Sprintf("%s is not allowed here", r.Method))
			return
		}
		handler(w, r)
	})
}

// readings answers `/readings?sensor=cpu/temperature&since=2024-06-01T12:00:00Z`.
func (s *Service) readings(w http.ResponseWriter, r *http.Request) {
	parameters := r.URL.Query()
	query := history.Query{Sensor: parameters.Get("sensor")}
	if since := parameters.Get("since"); since != "" {
		at, err := time.Parse(time.RFC3339, since)
		if err != nil {
			writeProblem(w, http.StatusBadRequest,
				fmt.Sprintf("since is %q, which is no RFC 3339 time such as 2024-06-01T12:00:00Z", since))
			return
		}
		query.Since = at
	}
	writeJSON(w, http.StatusOK, struct {
		Readings []sensor.Reading `json:"readings"`
	}{s.Ring.Select(query)})
}

// health answers 200 while readings arrive, and 503 with the reason when they stop: what
// a deployment waits for before it goes on.
func (s *Service) health(w http.ResponseWriter, _ *http.Request) {
	if s.Collector.Healthy() {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
		return
	}
	problem := "no reading yet"
	switch status := s.Collector.Status(); {
	case status.LastError != nil:
		problem = status.LastError.Error()
	case !status.LastSuccess.IsZero():
		problem = "no reading since " + status.LastSuccess.UTC().Format(time.RFC3339)
	}
	writeProblem(w, http.StatusServiceUnavailable, problem)
}

func writeProblem(w http.ResponseWriter, status int, problem string) {
	writeJSON(w, status, map[string]string{"error": problem})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// What fails here is the connection, and then there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(body)
}
