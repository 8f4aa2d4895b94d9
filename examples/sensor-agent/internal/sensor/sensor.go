// Package sensor reads sensors: what a reading is, and where readings come from.
//
// It knows nothing of HTTP, of history or of time intervals. The clock comes in by
// argument, so that tests and replays are exact.
package sensor

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

// Quantity is what a sensor measures. Its text is also the name of its unit, so that a
// reading explains itself: "temperature_celsius".
type Quantity string

// The quantities that a source can yield.
const (
	Temperature Quantity = "temperature_celsius"
	Humidity    Quantity = "humidity_percent"
	Voltage     Quantity = "voltage_volts"
	Current     Quantity = "current_amperes"
	Power       Quantity = "power_watts"
	FanSpeed    Quantity = "fan_speed_rpm"
)

// Reading is one value of one sensor at one time.
type Reading struct {
	Sensor   string    `json:"sensor"`
	Quantity Quantity  `json:"quantity"`
	Value    float64   `json:"value"`
	Time     time.Time `json:"time"`
}

// Source yields the present value of every sensor it has. It is safe for concurrent use.
type Source interface {
	// Read returns at least one reading, or an error. A sensor that cannot be read
	// just now is left out; the error is for when none could be.
	Read(ctx context.Context) ([]Reading, error)
}

// Clock tells the time; time.Now outside tests.
type Clock func() time.Time

// SourceNames are the names that Open knows, for help texts.
var SourceNames = []string{"hwmon", "simulated"}

// Open returns the source of that name: "hwmon" reads below root, "simulated" invents
// values from seed.
func Open(name, root string, seed int64, now Clock) (Source, error) {
	switch name {
	case "hwmon":
		return NewHardware(os.DirFS(root), now), nil
	case "simulated":
		return NewSimulated(seed, now), nil
	default:
		return nil, fmt.Errorf("there is no source %q: use one of %s", name, strings.Join(SourceNames, ", "))
	}
}
