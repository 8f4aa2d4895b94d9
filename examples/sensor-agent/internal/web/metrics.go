package web

import (
	"bytes"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
)

// metrics answers in the Prometheus text format, version 0.0.4:
// https://prometheus.io/docs/instrumenting/exposition_formats/
func (s *Service) metrics(w http.ResponseWriter, _ *http.Request) {
	var text bytes.Buffer

	family := ""
	for _, reading := range s.Ring.Latest() {
		// Latest is sorted by quantity, so each family stands together as it must.
		name := "sensor_" + string(reading.Quantity)
		if name != family {
			family = name
			writeFamily(&text, name, "gauge", "Newest reading of each sensor.")
		}
		fmt.Fprintf(&text, "%s{sensor=%s} %s\n", name, label(reading.Sensor), number(reading.Value))
	}

	status := s.Collector.Status()
	writeFamily(&text, "sensor_agent_readings_total", "counter", "Readings taken since the start.")
	fmt.Fprintf(&text, "sensor_agent_readings_total %d\n", status.Readings)
	writeFamily(&text, "sensor_agent_failures_total", "counter", "Reads that failed since the start.")
	fmt.Fprintf(&text, "sensor_agent_failures_total %d\n", status.Failures)
	writeFamily(&text, "sensor_agent_kept_readings", "gauge", "Readings kept in memory.")
	fmt.Fprintf(&text, "sensor_agent_kept_readings %d\n", s.Ring.Len())
	writeFamily(&text, "sensor_agent_build_info", "gauge", "What is running; always 1.")
	fmt.Fprintf(&text, "sensor_agent_build_info{version=%s,go=%s,platform=%s} 1\n",
		label(s.Version), label(runtime.Version()), label(runtime.GOOS+"/"+runtime.GOARCH))

	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(text.Bytes())
}

func writeFamily(text *bytes.Buffer, name, kind, help string) {
	fmt.Fprintf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// label quotes a label's value: only backslash, quote and line feed are escaped.
func label(value string) string {
	return `"` + escapes.Replace(value) + `"`
}

func number(value float64) string {
	return strconv.FormatFloat(value, 'g', -1, 64)
}
