// Command agent reads a machine's sensors and shows them over HTTP.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.org/sensor-agent/internal/collect"
	"example.org/sensor-agent/internal/history"
	"example.org/sensor-agent/internal/sensor"
	"example.org/sensor-agent/internal/web"
)

// version is what `-version` and /metrics show; a release build may set it with
// `-ldflags "-X main.version=..."`.
var version = "0.1.0"

// shutdownPatience is how long requests in flight may take once a signal has come.
const shutdownPatience = 10 * time.Second

func main() {
	// systemd and container runtimes stop a service with SIGTERM, people with SIGINT.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); {
	case errors.Is(err, flag.ErrHelp):
	case errors.As(err, new(usageError)):
		fmt.Fprintf(os.Stderr, "agent: %v\n", err)
		os.Exit(2)
	case err != nil:
		fmt.Fprintf(os.Stderr, "agent: %v\n", err)
		os.Exit(1)
	}
}

// usageError is a wrong command line.
type usageError struct{ error }

// options are the command line, checked.
type options struct {
	listen   string
	source   string
	root     string
	seed     int64
	interval time.Duration
	keep     int
	logs     string
	version  bool
}

func parse(arguments []string, help io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("agent", flag.ContinueOnError)
	flags.SetOutput(help)
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`address` to serve on")
	flags.StringVar(&o.source, "source", "hwmon", "where readings come from: "+strings.Join(sensor.SourceNames, " or "))
	flags.StringVar(&o.root, "root", "/sys/class", "`directory` that holds hwmon/ and thermal/")
	flags.Int64Var(&o.seed, "seed", 1, "seed of the simulated source")
	flags.DurationVar(&o.interval, "interval", 10*time.Second, "time between two readings")
	flags.IntVar(&o.keep, "keep", 4096, "how many readings to keep")
	flags.StringVar(&o.logs, "log", "text", "format of the log: text or json")
	flags.BoolVar(&o.version, "version", false, "print the version and exit")
	if err := flags.Parse(arguments); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, err
		}
		return o, usageError{err}
	}
	switch {
	case flags.NArg() > 0:
		return o, usageError{fmt.Errorf("there are no arguments beside flags, but %q was given", flags.Arg(0))}
	case o.interval <= 0:
		return o, usageError{fmt.Errorf("-interval must be longer than nothing, not %s", o.interval)}
	case o.keep < 1:
		return o, usageError{fmt.Errorf("-keep must be at least 1, not %d", o.keep)}
	case o.logs != "text" && o.logs != "json":
		return o, usageError{fmt.Errorf("-log is text or json, not %q", o.logs)}
	}
	return o, nil
}

// run is the program without its process: it ends when ctx does.
func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) error {
	o, err := parse(arguments, stderr)
	if err != nil {
		return err
	}
	if o.version {
		fmt.Fprintf(stdout, "sensor-agent %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return nil
	}
	logger := slog.New(slog.NewTextHandler(stderr, nil))
	if o.logs == "json" {
		logger = slog.New(slog.NewJSONHandler(stderr, nil))
	}
	source, err := sensor.Open(o.source, o.root, o.seed, time.Now)
	if err != nil {
		return usageError{err}
	}
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return fmt.Errorf("cannot serve on %s: %w", o.listen, err)
	}

	ring := history.NewRing(o.keep)
	collector := collect.New(source, ring, o.interval, time.Now, logger)
	service := &web.Service{Ring: ring, Collector: collector, Version: version}

	collecting, stopCollecting := context.WithCancel(ctx)
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		collector.Run(collecting)
	}()
	logger.Info("serving", "address", listener.Addr().String(), "source", o.source, "version", version)
	err = serve(ctx, listener, service.Handler(), logger)
	stopCollecting()
	group.Wait()
	return err
}

// serve answers requests until ctx is done, then lets those in flight finish.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, logger *slog.Logger) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()

	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	logger.Info("stopping", "patience", shutdownPatience.String())
	patience, cancel := context.WithTimeout(context.Background(), shutdownPatience)
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		return fmt.Errorf("requests were still running after %s: %w", shutdownPatience, err)
	}
	logger.Info("stopped")
	return nil
}
