package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.org/sensor-agent/internal/collect"
	"example.org/sensor-agent/internal/history"
	"example.org/sensor-agent/internal/sensor"
)

var noon = time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)

// bench is a service on a loopback server, with hands on its clock and its source.
type bench struct {
	*httptest.Server
	collector *collect.Collector
	now       time.Time
	err       error
}

func (b *bench) Read(context.Context) ([]sensor.Reading, error) {
	if b.err != nil {
		return nil, b.err
	}
	return []sensor.Reading{
		{Sensor: "cpu", Quantity: sensor.Temperature, Value: 48.25, Time: b.now},
		{Sensor: `odd"name\`, Quantity: sensor.Voltage, Value: 5, Time: b.now},
	}, nil
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{now: noon}
	ring := history.NewRing(100)
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	b.collector = collect.New(b, ring, time.Second, func() time.Time { return b.now }, logger)
	b.Server = httptest.NewServer((&Service{Ring: ring, Collector: b.collector, Version: "1.2.3"}).Handler())
	t.Cleanup(b.Close)
	return b
}

func (b *bench) tick() {
	b.now = b.now.Add(time.Second)
	b.collector.Collect(context.Background())
}

func (b *bench) get(t *testing.T, path string) (int, string) {
	t.Helper()
	response, err := http.Get(b.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestReadings(t *testing.T) {
	b := newBench(t)
	if _, body := b.get(t, "/readings"); strings.TrimSpace(body) != `{"readings":[]}` {
		t.Errorf("before the first reading: %s", body)
	}
	b.tick()
	b.tick()
	for _, check := range []struct {
		query string
		count int
	}{
		{"", 4},
		{"?sensor=cpu", 2},
		{"?sensor=nobody", 0},
		{"?since=2024-06-01T12:00:01Z", 2},
		{"?since=2024-06-01T14:00:01%2B02:00&sensor=cpu", 1},
		{"?since=2024-06-01T12:00:02Z", 0},
	} {
		status, body := b.get(t, "/readings"+check.query)
		var answer struct{ Readings []sensor.Reading }
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatalf("%s: %v in %s", check.query, err, body)
		}
		if status != http.StatusOK || len(answer.Readings) != check.count {
			t.Errorf("%q: status %d, %d readings, want %d", check.query, status, len(answer.Readings), check.count)
		}
	}
}

func TestSinceMustBeATime(t *testing.T) {
	status, body := newBench(t).get(t, "/readings?since=yesterday")
	if status != http.StatusBadRequest || !strings.Contains(body, `\"yesterday\"`) {
		t.Errorf("status %d, %s", status, body)
	}
}

func TestHealth(t *testing.T) {
	b := newBench(t)
	expect := func(status int, text string) {
		t.Helper()
		if got, body := b.get(t, "/healthz"); got != status || !strings.Contains(body, text) {
			t.Errorf("status %d, %s, want %d, %s", got, body, status, text)
		}
	}
	expect(http.StatusServiceUnavailable, "no reading yet")
	b.tick()
	expect(http.StatusOK, "ok")
	b.now = b.now.Add(time.Minute)
	expect(http.StatusServiceUnavailable, "no reading since 2024-06-01T12:00:01Z")
	b.err = errors.New("bus is stuck")
	b.tick()
	expect(http.StatusServiceUnavailable, "bus is stuck")
}

func TestMetrics(t *testing.T) {
	b := newBench(t)
	b.tick()
	b.tick()
	status, body := b.get(t, "/metrics")
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	for _, line := range []string{
		"# TYPE sensor_temperature_celsius gauge",
		`sensor_temperature_celsius{sensor="cpu"} 48.25`,
		`sensor_voltage_volts{sensor="odd\"name\\"} 5`,
		"# TYPE sensor_agent_readings_total counter",
		"sensor_agent_readings_total 4",
		"sensor_agent_failures_total 0",
		"sensor_agent_kept_readings 4",
	} {
		if !strings.Contains(body, line+"\n") {
			t.Errorf("%q is missing in\n%s", line, body)
		}
	}
	if !strings.Contains(body, `sensor_agent_build_info{version="1.2.3",go="go`) {
		t.Errorf("no build information in\n%s", body)
	}
}

func TestOnlyReadingIsAllowed(t *testing.T) {
	b := newBench(t)
	response, err := http.Post(b.URL+"/readings", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("status %d, Allow %q", response.StatusCode, response.Header.Get("Allow"))
	}
}
