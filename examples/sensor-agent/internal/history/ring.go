// Package history keeps the newest readings in a bounded amount of memory.
package history

import (
	"sort"
	"sync"
	"time"

	"example.org/sensor-agent/internal/sensor"
)

// Ring holds the newest readings; a new one takes the place of the oldest once it is
// full. It is safe for concurrent use.
type Ring struct {
	mutex sync.RWMutex
	slots []sensor.Reading
	// next is where the next reading goes; the oldest stands there once full.
	next int
	full bool
}

// NewRing makes room for capacity readings; at least one.
func NewRing(capacity int) *Ring {
	return &Ring{slots: make([]sensor.Reading, max(capacity, 1))}
}

// Add keeps readings, in order.
func (r *Ring) Add(readings ...sensor.Reading) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, reading := range readings {
		r.slots[r.next] = reading
		r.next++
		if r.next == len(r.slots) {
			r.next, r.full = 0, true
		}
	}
}

// Len is the number of readings kept at present.
func (r *Ring) Len() int {
	r.mutex.RLock()
	defer r.mutex.RUnlock()
	if r.full {
		return len(r.slots)
	}
	return r.next
}

// Query selects readings; its zero value selects all.
type Query struct {
	// Sensor is a sensor's whole name; empty for every sensor.
	Sensor string
	// Since leaves out readings of that time or older, so that a poller can pass the
	// newest time it has seen and gets nothing twice.
	Since time.Time
}

// Select returns a copy of the readings that the query matches, oldest first. It is
// never nil.
func (r *Ring) Select(query Query) []sensor.Reading {
	r.mutex.RLock()
	defer r.mutex.RUnlock()
	selected := []sensor.Reading{}
	for _, reading := range r.ordered() {
		if query.Sensor != "" && reading.Sensor != query.Sensor {
			continue
		}
		if !query.Since.IsZero() && !reading.Time.After(query.Since) {
			continue
		}
		selected = append(selected, reading)
	}
	return selected
}

// Latest returns the newest reading of each sensor, sorted by quantity and sensor.
func (r *Ring) Latest() []sensor.Reading {
	type key struct {
		quantity sensor.Quantity
		sensor   string
	}
	newest := map[key]sensor.Reading{}
	for _, reading := range r.Select(Query{}) {
		newest[key{reading.Quantity, reading.Sensor}] = reading
	}
	latest := make([]sensor.Reading, 0, len(newest))
	for _, reading := range newest {
		latest = append(latest, reading)
	}
	sort.Slice(latest, func(i, j int) bool {
		if latest[i].Quantity != latest[j].Quantity {
			return latest[i].Quantity < latest[j].Quantity
		}
		return latest[i].Sensor < latest[j].Sensor
	})
	return latest
}

// ordered returns the readings oldest first; the caller holds the lock.
func (r *Ring) ordered() []sensor.Reading {
	if !r.full {
		return r.slots[:r.next]
	}
	ordered := make([]sensor.Reading, 0, len(r.slots))
	ordered = append(ordered, r.slots[r.next:]...)
	return append(ordered, r.slots[:r.next]...)
}
