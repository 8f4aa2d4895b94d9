package sensor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strconv"
	"strings"
)

// ErrNoSensors says that a directory was read and holds no sensor that could be read.
var ErrNoSensors = errors.New("no sensor found")

// Hardware reads the sensors that Linux shows below /sys/class: `hwmon/hwmon*/temp1_input`
// and its like, and `thermal/thermal_zone*/temp`.
//
// Facts: https://docs.kernel.org/hwmon/sysfs-interface.html and
// https://docs.kernel.org/driver-api/thermal/sysfs-api.html
type Hardware struct {
	class fs.FS
	now   Clock
}

// NewHardware reads below class, the root of a tree like /sys/class.
func NewHardware(class fs.FS, now Clock) *Hardware {
	return &Hardware{class: class, now: now}
}

// channel is one kind of hwmon file: `temp3_input` belongs to the prefix `temp`.
type channel struct {
	prefix   string
	quantity Quantity
	// divisor turns the kernel's integer into the quantity's unit.
	divisor float64
}

var channels = []channel{
	{"temp", Temperature, 1000},
	{"humidity", Humidity, 1000},
	{"in", Voltage, 1000},
	{"curr", Current, 1000},
	{"power", Power, 1e6},
	{"fan", FanSpeed, 1},
}

// Read implements Source.
func (h *Hardware) Read(ctx context.Context) ([]Reading, error) {
	readings, err := h.monitors(ctx)
	if err != nil {
		return nil, err
	}
	zones, err := h.zones(ctx)
	if err != nil {
		return nil, err
	}
	readings = append(readings, zones...)
	if len(readings) == 0 {
		return nil, fmt.Errorf("%w below hwmon/ and thermal/", ErrNoSensors)
	}
	sort.SliceStable(readings, func(i, j int) bool { return readings[i].Sensor < readings[j].Sensor })
	return readings, nil
}

func (h *Hardware) monitors(ctx context.Context) ([]Reading, error) {
	var readings []Reading
	for _, channel := range channels {
		files, err := fs.Glob(h.class, "hwmon/hwmon*/"+channel.prefix+"[0-9]*_input")
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			// A sensor may vanish or be asleep between the listing and the reading.
			value, ok := h.number(file)
			if !ok {
				continue
			}
			readings = append(readings, Reading{
				Sensor:   h.monitorName(file),
				Quantity: channel.quantity,
				Value:    value / channel.divisor,
				Time:     h.now().UTC(),
			})
		}
	}
	return readings, nil
}

func (h *Hardware) zones(ctx context.Context) ([]Reading, error) {
	files, err := fs.Glob(h.class, "thermal/thermal_zone*/temp")
	if err != nil {
		return nil, err
	}
	var readings []Reading
	for _, file := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		value, ok := h.number(file)
		if !ok {
			continue
		}
		directory := path.Dir(file)
		name := path.Base(directory)
		if kind, ok := h.text(path.Join(directory, "type")); ok {
			name += "/" + kind
		}
		readings = append(readings, Reading{
			Sensor:   name,
			Quantity: Temperature,
			Value:    value / 1000,
			Time:     h.now().UTC(),
		})
	}
	return readings, nil
}

// monitorName names a hwmon channel by its chip and its label: "cpu_thermal/temp1", or
// "coretemp/Package id 0" where the driver labels the channel.
func (h *Hardware) monitorName(file string) string {
	directory, name := path.Split(file)
	stem := strings.TrimSuffix(name, "_input")
	chip, ok := h.text(path.Join(directory, "name"))
	if !ok {
		chip = path.Base(directory)
	}
	if label, ok := h.text(path.Join(directory, stem+"_label")); ok {
		stem = label
	}
	return chip + "/" + stem
}

func (h *Hardware) text(file string) (string, bool) {
	content, err := fs.ReadFile(h.class, file)
	text := strings.TrimSpace(string(content))
	return text, err == nil && text != ""
}

func (h *Hardware) number(file string) (float64, bool) {
	text, ok := h.text(file)
	if !ok {
		return 0, false
	}
	// The kernel writes integers; anything else is not a reading.
	value, err := strconv.ParseInt(text, 10, 64)
	return float64(value), err == nil
}
