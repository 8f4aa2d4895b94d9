package history

import (
	"reflect"
	"sync"
	"testing"
	"time"

	"example.org/sensor-agent/internal/sensor"
)

var start = time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)

func reading(name string, second int) sensor.Reading {
	return sensor.Reading{
		Sensor:   name,
		Quantity: sensor.Temperature,
		Value:    float64(second),
		Time:     start.Add(time.Duration(second) * time.Second),
	}
}

func values(readings []sensor.Reading) []float64 {
	values := []float64{}
	for _, reading := range readings {
		values = append(values, reading.Value)
	}
	return values
}

func TestRingForgetsTheOldest(t *testing.T) {
	ring := NewRing(3)
	if ring.Len() != 0 || len(ring.Select(Query{})) != 0 {
		t.Fatal("a new ring holds something")
	}
	for second := 1; second <= 5; second++ {
		ring.Add(reading("cpu", second))
	}
	if got := values(ring.Select(Query{})); !reflect.DeepEqual(got, []float64{3, 4, 5}) {
		t.Errorf("kept %v", got)
	}
	if ring.Len() != 3 {
		t.Errorf("holds %d", ring.Len())
	}
}

func TestSelectBySensorAndTime(t *testing.T) {
	ring := NewRing(10)
	ring.Add(reading("cpu", 1), reading("case", 2), reading("cpu", 3), reading("cpu", 4))
	for _, check := range []struct {
		query Query
		want  []float64
	}{
		{Query{}, []float64{1, 2, 3, 4}},
		{Query{Sensor: "cpu"}, []float64{1, 3, 4}},
		{Query{Sensor: "cp"}, []float64{}},
		{Query{Since: start.Add(3 * time.Second)}, []float64{4}},
		{Query{Sensor: "case", Since: start.Add(2 * time.Second)}, []float64{}},
	} {
		if got := values(ring.Select(check.query)); !reflect.DeepEqual(got, check.want) {
			t.Errorf("%+v selects %v, want %v", check.query, got, check.want)
		}
	}
}

func TestLatestHasOneReadingPerSensor(t *testing.T) {
	ring := NewRing(10)
	ring.Add(reading("cpu", 1), reading("case", 2), reading("cpu", 3))
	want := []sensor.Reading{reading("case", 2), reading("cpu", 3)}
	if got := ring.Latest(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRingBearsManyWritersAndReaders(t *testing.T) {
	ring := NewRing(16)
	var group sync.WaitGroup
	for worker := 0; worker < 8; worker++ {
		group.Add(2)
		go func() {
			defer group.Done()
			for second := 0; second < 200; second++ {
				ring.Add(reading("cpu", second))
			}
		}()
		go func() {
			defer group.Done()
			for i := 0; i < 200; i++ {
				ring.Latest()
			}
		}()
	}
	group.Wait()
	if ring.Len() != 16 {
		t.Errorf("holds %d", ring.Len())
	}
}
