package sensor

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

var noon = time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestHardwareReadsMonitorsAndZones(t *testing.T) {
	class := fstest.MapFS{
		"hwmon/hwmon0/name":              file("cpu_thermal\n"),
		"hwmon/hwmon0/temp1_input":       file("48312\n"),
		"hwmon/hwmon1/name":              file("rp1_adc\n"),
		"hwmon/hwmon1/in1_input":         file("1470\n"),
		"hwmon/hwmon2/name":              file("pwmfan\n"),
		"hwmon/hwmon2/fan1_input":        file("2714\n"),
		"hwmon/hwmon3/power1_input":      file("3500000\n"),
		"hwmon/hwmon3/power1_label":      file("board\n"),
		"thermal/thermal_zone0/temp":     file("48900\n"),
		"thermal/thermal_zone0/type":     file("cpu-thermal\n"),
		"thermal/cooling_device0/type":   file("pwm-fan\n"),
		"hwmon/hwmon0/temp1_crit":        file("110000\n"),
		"hwmon/hwmon0/temp2_input":       file(""),
		"hwmon/hwmon0/temp3_input":       file("asleep\n"),
		"hwmon/hwmon0/temperature_input": file("1\n"),
	}
	readings, err := NewHardware(class, atNoon).Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := []Reading{
		{"cpu_thermal/temp1", Temperature, 48.312, noon},
		{"hwmon3/board", Power, 3.5, noon},
		{"pwmfan/fan1", FanSpeed, 2714, noon},
		{"rp1_adc/in1", Voltage, 1.47, noon},
		{"thermal_zone0/cpu-thermal", Temperature, 48.9, noon},
	}
	if !reflect.DeepEqual(readings, want) {
		t.Errorf("read\n%v\nwant\n%v", readings, want)
	}
}

func TestHardwareWithoutSensorsIsAnError(t *testing.T) {
	_, err := NewHardware(fstest.MapFS{}, atNoon).Read(context.Background())
	if !errors.Is(err, ErrNoSensors) {
		t.Errorf("got %v, want %v", err, ErrNoSensors)
	}
}

func TestSimulatedRepeatsItselfAndStaysWithinBounds(t *testing.T) {
	first, second := NewSimulated(7, atNoon), NewSimulated(7, atNoon)
	for i := 0; i < 1000; i++ {
		one, err := first.Read(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		two, _ := second.Read(context.Background())
		if !reflect.DeepEqual(one, two) {
			t.Fatalf("reading %d differs: %v and %v", i, one, two)
		}
		for _, reading := range one {
			if reading.Quantity == Temperature && (reading.Value < 18 || reading.Value > 80) {
				t.Fatalf("%v leaves its bounds", reading)
			}
		}
	}
}

func TestOpenNamesTheSourcesItKnows(t *testing.T) {
	_, err := Open("thermometer", "", 0, atNoon)
	if err == nil || !strings.Contains(err.Error(), "hwmon, simulated") {
		t.Errorf("got %v", err)
	}
}

func TestReadStopsWhenItsContextIsDone(t *testing.T) {
	done, cancel := context.WithCancel(context.Background())
	cancel()
	hardware := NewHardware(fstest.MapFS{"hwmon/hwmon0/temp1_input": file("1\n")}, atNoon)
	for _, source := range []Source{hardware, NewSimulated(1, atNoon)} {
		if _, err := source.Read(done); !errors.Is(err, context.Canceled) {
			t.Errorf("%T: got %v", source, err)
		}
	}
}
