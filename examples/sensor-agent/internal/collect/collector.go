// Package collect reads a source again and again and remembers how that went.
package collect

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"example.org/sensor-agent/internal/history"
	"example.org/sensor-agent/internal/sensor"
)

// Collector moves readings from a source into a ring.
type Collector struct {
	source   sensor.Source
	ring     *history.Ring
	interval time.Duration
	now      sensor.Clock
	logger   *slog.Logger

	mutex  sync.Mutex
	status Status
}

// Status is how collecting has gone so far.
type Status struct {
	// Readings and Failures count since the start: values kept, and reads that failed.
	Readings, Failures uint64
	// LastSuccess is the time of the last read that worked; zero if none has.
	LastSuccess time.Time
	// LastError is why the last read failed; nil if it worked.
	LastError error
}

// New makes a collector that reads once every interval.
func New(source sensor.Source, ring *history.Ring, interval time.Duration, now sensor.Clock, logger *slog.Logger) *Collector {
	return &Collector{source: source, ring: ring, interval: interval, now: now, logger: logger}
}

// Run reads at once and then every interval, until ctx is done.
func (c *Collector) Run(ctx context.Context) {
	ticker := time.NewTicker(c.interval)
	defer ticker.Stop()
	for {
		c.Collect(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Collect reads once.
func (c *Collector) Collect(ctx context.Context) {
	readings, err := c.source.Read(ctx)
	if ctx.Err() != nil {
		return // An interrupted read says nothing about the sensors.
	}
	c.ring.Add(readings...)

	c.mutex.Lock()
	defer c.mutex.Unlock()
	// A source that stays broken is logged when it breaks and when it recovers, not
	// every interval.
	switch {
	case err != nil && c.status.LastError == nil:
		c.logger.Error("sensors cannot be read", "error", err)
	case err == nil && c.status.LastError != nil:
		c.logger.Info("sensors can be read again")
	}
	c.status.LastError = err
	if err != nil {
		c.status.Failures++
		return
	}
	c.status.Readings += uint64(len(readings))
	c.status.LastSuccess = c.now()
}

// Status returns how collecting has gone so far.
func (c *Collector) Status() Status {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.status
}

// Healthy says whether the last success is recent: two intervals may be missed.
func (c *Collector) Healthy() bool {
	status := c.Status()
	return !status.LastSuccess.IsZero() && c.now().Sub(status.LastSuccess) <= 3*c.interval
}
