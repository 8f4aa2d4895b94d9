package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/sensor-agent/internal/sensor"
)

func atNoon() time.Time { return time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC) }

func read(t *testing.T, arguments ...string) string {
	t.Helper()
	var stdout bytes.Buffer
	if err := run(arguments, &stdout, io.Discard, atNoon); err != nil {
		t.Fatal(err)
	}
	return stdout.String()
}

func TestOneSeedAlwaysPrintsTheSame(t *testing.T) {
	first := read(t)
	if first != read(t, "-seed", "1") {
		t.Error("the same seed printed something else")
	}
	if first == read(t, "-seed", "2") {
		t.Error("another seed printed the same")
	}
	var readings []sensor.Reading
	if err := json.Unmarshal([]byte(first), &readings); err != nil || len(readings) != 4 {
		t.Errorf("%v, %d readings in\n%s", err, len(readings), first)
	}
}

func TestHardwareIsReadFromADirectory(t *testing.T) {
	root := t.TempDir()
	monitor := filepath.Join(root, "hwmon", "hwmon0")
	if err := os.MkdirAll(monitor, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"name": "cpu_thermal\n", "temp1_input": "51000\n"} {
		if err := os.WriteFile(filepath.Join(monitor, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	printed := read(t, "-source", "hwmon", "-root", root)
	if !strings.Contains(printed, `"cpu_thermal/temp1"`) || !strings.Contains(printed, `"value": 51,`) {
		t.Errorf("printed\n%s", printed)
	}
}

func TestADirectoryWithoutSensorsIsAnError(t *testing.T) {
	err := run([]string{"-source", "hwmon", "-root", t.TempDir()}, io.Discard, io.Discard, atNoon)
	if err == nil || !strings.Contains(err.Error(), "no sensor found") {
		t.Errorf("got %v", err)
	}
}
