package sensor

import (
	"context"
	"math/rand"
	"sync"
)

// Simulated invents plausible readings. The same seed yields the same values on every
// machine: it counts in thousandths, because floating point may be fused differently on
// amd64, arm64 and WebAssembly.
type Simulated struct {
	now Clock

	mutex  sync.Mutex
	random *rand.Rand
	walks  []walk
}

// walk is a value that wanders between two bounds, in thousandths of its unit.
type walk struct {
	sensor          string
	quantity        Quantity
	low, high       int64
	present, stride int64
}

// NewSimulated starts every walk in the middle of its bounds.
func NewSimulated(seed int64, now Clock) *Simulated {
	walks := []walk{
		{sensor: "ambient/humidity", quantity: Humidity, low: 30_000, high: 70_000, stride: 500},
		{sensor: "ambient/temperature", quantity: Temperature, low: 18_000, high: 28_000, stride: 100},
		{sensor: "cpu/temperature", quantity: Temperature, low: 40_000, high: 80_000, stride: 1_500},
		{sensor: "supply/voltage", quantity: Voltage, low: 4_900, high: 5_200, stride: 20},
	}
	for i := range walks {
		walks[i].present = (walks[i].low + walks[i].high) / 2
	}
	return &Simulated{now: now, random: rand.New(rand.NewSource(seed)), walks: walks}
}

// Read implements Source.
func (s *Simulated) Read(ctx context.Context) ([]Reading, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	at := s.now().UTC()
	readings := make([]Reading, len(s.walks))
	for i := range s.walks {
		walk := &s.walks[i]
		step := s.random.Int63n(2*walk.stride+1) - walk.stride
		walk.present = min(max(walk.present+step, walk.low), walk.high)
		readings[i] = Reading{
			Sensor:   walk.sensor,
			Quantity: walk.quantity,
			Value:    float64(walk.present) / 1000,
			Time:     at,
		}
	}
	return readings, nil
}
