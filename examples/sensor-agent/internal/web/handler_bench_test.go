package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"example.org/sensor-agent/internal/history"
	"example.org/sensor-agent/internal/sensor"
)

// BenchmarkReadings is a request for all that a ring of ordinary size keeps.
func BenchmarkReadings(b *testing.B) {
	ring := history.NewRing(1000)
	for second := 0; second < 1000; second++ {
		ring.Add(sensor.Reading{
			Sensor:   fmt.Sprintf("zone%d/temperature", second%4),
			Quantity: sensor.Temperature,
			Value:    float64(second) / 10,
			Time:     noon.Add(time.Duration(second) * time.Second),
		})
	}
	handler := (&Service{Ring: ring}).Handler()
	request := httptest.NewRequest(http.MethodGet, "/readings", nil)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, request)
		if response.Code != http.StatusOK {
			b.Fatal(response.Code)
		}
	}
}
