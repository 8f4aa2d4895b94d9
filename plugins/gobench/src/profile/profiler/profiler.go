// Profiles a service while it is under load: starts it at a free port of loopback, waits until it
// is ready, and asks for one path over so many connections for as long as the service profiles its
// processor. Then it asks for the heap, and ends the service. The profiles are those of the package
// net/http/pprof. Needs Go 1.19, and nothing but it.
//
// In ARGUMENT and VALUE `${port}` and `${pprof-port}` stand for free ports; where the second is said
// nowhere, the service serves its profiles at the first.
//
//	profiler -path=PATH [-ready=PATH] -pprof=PATH -connections=N -seconds=N
//	         [-env=NAME=VALUE]... -cpu=FILE -heap=FILE PROGRAM [ARGUMENT]...
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	// How long a profile may take beside the time that it is about.
	profileLimit = 30 * time.Second
	profileBytes = 64 << 20
)

type options struct {
	path, ready, pprof   string
	connections, seconds int
	variables            []string
	cpu, heap            string
	command              []string
}

func main() {
	if err := run(parse()); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func parse() options {
	var o options
	flag.StringVar(&o.path, "path", "/", "what is asked for")
	flag.StringVar(&o.ready, "ready", "", "answers with 200 once the service is ready")
	flag.StringVar(&o.pprof, "pprof", "", "where net/http/pprof answers")
	flag.IntVar(&o.connections, "connections", 1, "at once")
	flag.IntVar(&o.seconds, "seconds", 1, "of the processor's profile")
	flag.Func("env", "a variable of the service", func(variable string) error {
		o.variables = append(o.variables, variable)
		return nil
	})
	flag.StringVar(&o.cpu, "cpu", "", "the file of the processor's profile")
	flag.StringVar(&o.heap, "heap", "", "the file of the heap's profile")
	flag.Parse()
	o.command = flag.Args()
	return o
}

func run(o options) error {
	service, err := start(o.command, o.variables)
	if err != nil {
		return err
	}
	defer service.stop()
	if err := service.waitUntilReady(o.ready); err != nil {
		return err
	}
	load := service.load(o.path, o.connections)
	profile := fmt.Sprintf("%s/profile?seconds=%d", o.pprof, o.seconds)
	limit := time.Duration(o.seconds)*time.Second + profileLimit
	err = service.keep(profile, limit, o.cpu)
	load.end()
	if err != nil {
		return err
	}
	if err := load.verdict(); err != nil {
		return err
	}
	if err := service.keep(o.pprof+"/heap?gc=1", profileLimit, o.heap); err != nil {
		return err
	}
	fmt.Println(load)
	return nil
}

// Keeps a profile in a file.
func (s *service) keep(path string, limit time.Duration, file string) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	answer, err := get(ctx, s.transport, s.profiles+path)
	if err != nil {
		return s.broke(path, err)
	}
	defer answer.Body.Close()
	profile, err := io.ReadAll(io.LimitReader(answer.Body, profileBytes))
	if err != nil {
		return s.broke(path, err)
	}
	if err := check(path, answer, profile); err != nil {
		return err
	}
	return os.WriteFile(file, profile, 0o644)
}

// Why a profile did not come.
func (s *service) broke(path string, err error) error {
	if s.hasEnded(lastMoment) {
		return s.failed("the service ended while it was profiled: " + s.ending)
	}
	return fmt.Errorf("the service does not answer %s: %w", path, err)
}

// Whether an answer is a profile.
func check(path string, answer *http.Response, body []byte) error {
	const missing = "import `net/http/pprof` in the service and serve its handlers, or set `pprof` to where they answer"
	switch {
	case answer.StatusCode == http.StatusNotFound:
		return fmt.Errorf("the service answers %s with %s: %s", path, answer.Status, missing)
	case answer.StatusCode != http.StatusOK:
		line, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
		return fmt.Errorf("the service answers %s with %s: %.200q", path, answer.Status, line)
	// Go compresses every profile.
	case !bytes.HasPrefix(body, []byte{0x1f, 0x8b}):
		return fmt.Errorf("what the service answers to %s is no profile: %s", path, missing)
	}
	return nil
}
