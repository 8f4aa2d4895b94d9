// Command readings prints the present value of every sensor as JSON and exits.
//
// Its default source is simulated, so it needs no files and no network and runs in a
// WebAssembly sandbox as it is.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"example.org/sensor-agent/internal/sensor"
)

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr, time.Now)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "readings: %v\n", err)
		os.Exit(1)
	}
}

// run is the program without its process.
func run(arguments []string, stdout, stderr io.Writer, now sensor.Clock) error {
	flags := flag.NewFlagSet("readings", flag.ContinueOnError)
	flags.SetOutput(stderr)
	name := flags.String("source", "simulated", "where readings come from: "+strings.Join(sensor.SourceNames, " or "))
	root := flags.String("root", "/sys/class", "`directory` that holds hwmon/ and thermal/")
	seed := flags.Int64("seed", 1, "seed of the simulated source")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("there are no arguments beside flags, but %q was given", flags.Arg(0))
	}
	source, err := sensor.Open(*name, *root, *seed, now)
	if err != nil {
		return err
	}
	readings, err := source.Read(context.Background())
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(readings)
}
