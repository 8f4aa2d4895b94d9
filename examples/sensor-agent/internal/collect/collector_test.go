package collect

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"example.org/sensor-agent/internal/history"
	"example.org/sensor-agent/internal/sensor"
)

// script is a source that fails whenever its error is set.
type script struct{ err error }

func (s *script) Read(context.Context) ([]sensor.Reading, error) {
	if s.err != nil {
		return nil, s.err
	}
	return []sensor.Reading{{Sensor: "cpu", Quantity: sensor.Temperature, Value: 42}}, nil
}

func TestHealthFollowsTheSource(t *testing.T) {
	now := time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)
	var log bytes.Buffer
	source := &script{}
	collector := New(source, history.NewRing(8), time.Second, func() time.Time { return now },
		slog.New(slog.NewTextHandler(&log, nil)))

	if collector.Healthy() {
		t.Error("healthy before the first reading")
	}
	collector.Collect(context.Background())
	if !collector.Healthy() {
		t.Error("not healthy after a reading")
	}

	source.err = errors.New("bus is stuck")
	for i := 0; i < 4; i++ {
		now = now.Add(time.Second)
		collector.Collect(context.Background())
	}
	if collector.Healthy() {
		t.Error("healthy four intervals after the last reading")
	}
	if count := strings.Count(log.String(), "bus is stuck"); count != 1 {
		t.Errorf("the failure was logged %d times:\n%s", count, log.String())
	}

	source.err = nil
	collector.Collect(context.Background())
	status := collector.Status()
	if !collector.Healthy() || status.Readings != 2 || status.Failures != 4 || status.LastError != nil {
		t.Errorf("after recovery: %+v", status)
	}
	if !strings.Contains(log.String(), "again") {
		t.Errorf("recovery was not logged:\n%s", log.String())
	}
}

func TestRunReadsAtOnceAndStopsWithItsContext(t *testing.T) {
	ring := history.NewRing(8)
	ctx, cancel := context.WithCancel(context.Background())
	read := make(chan struct{}, 1)
	source := sourceFunc(func(context.Context) ([]sensor.Reading, error) {
		read <- struct{}{}
		return []sensor.Reading{{Sensor: "cpu"}}, nil
	})
	collector := New(source, ring, time.Hour, time.Now, slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil)))
	stopped := make(chan struct{})
	go func() {
		collector.Run(ctx)
		close(stopped)
	}()
	<-read
	cancel()
	<-stopped
}

type sourceFunc func(context.Context) ([]sensor.Reading, error)

func (f sourceFunc) Read(ctx context.Context) ([]sensor.Reading, error) { return f(ctx) }
