// A service as a process: how it is started, when it is ready, how it ends, what it printed at last.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// How long the service may take until it is ready, for one answer, and to end when it is told to.
	readyLimit  = 30 * time.Second
	answerLimit = 10 * time.Second
	endLimit    = 10 * time.Second
	// Between two looks whether it is ready.
	pause = 20 * time.Millisecond
	// How long the end of a process may follow that of its connections, and its last words that.
	lastMoment = time.Second
	lastBytes  = 4 << 10
)

// A service that was started.
type service struct {
	address string
	// Where it serves profiles: at the same port, or at one of their own.
	profiles string
	command  *exec.Cmd
	printed  *tail
	// For all that is no load.
	transport *http.Transport
	// Closed when it has ended, as ending says.
	ended  chan struct{}
	ending string
}

func start(words, variables []string) (*service, error) {
	if len(words) == 0 {
		return nil, errors.New("there is no program to start")
	}
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	const ofProfiles = "${pprof-port}"
	filled := strings.NewReplacer("${port}", ports[0], ofProfiles, ports[1])
	address, profiles := "127.0.0.1:"+ports[0], "127.0.0.1:"+ports[1]
	if !strings.Contains(strings.Join(words, " ")+strings.Join(variables, " "), ofProfiles) {
		profiles = address
	}
	command := exec.Command(words[0])
	for _, word := range words[1:] {
		command.Args = append(command.Args, filled.Replace(word))
	}
	command.Env = os.Environ()
	for _, variable := range variables {
		command.Env = append(command.Env, filled.Replace(variable))
	}
	// A pipe of our own: what the service leaves running may hold it open for as long as it likes.
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	command.Stdout, command.Stderr = writer, writer
	err = command.Start()
	writer.Close()
	if err != nil {
		return nil, fmt.Errorf("the service cannot be started: %w", err)
	}
	s := &service{
		address:   address,
		profiles:  profiles,
		command:   command,
		printed:   &tail{whole: make(chan struct{})},
		transport: &http.Transport{},
		ended:     make(chan struct{}),
	}
	go s.printed.follow(reader)
	go func() {
		_ = command.Wait()
		s.ending = command.ProcessState.String()
		close(s.ended)
	}()
	return s, nil
}

// Ports of loopback at which nobody listens, each another one.
func freePorts(count int) ([]string, error) {
	var ports []string
	for len(ports) < count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		ports = append(ports, strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
	}
	return ports, nil
}

// Until the path answers with 200, or without one until the service takes connections.
func (s *service) waitUntilReady(path string) error {
	deadline := time.Now().Add(readyLimit)
	for {
		err := s.isReady(path)
		if s.hasEnded(0) {
			return s.failed("the service ended before it was ready: " + s.ending)
		}
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return s.failed(fmt.Sprintf("the service was not ready within %s: %v", readyLimit, err))
		}
		time.Sleep(pause)
	}
}

func (s *service) isReady(path string) error {
	for _, address := range []string{s.address, s.profiles} {
		connection, err := net.DialTimeout("tcp", address, answerLimit)
		if err != nil {
			return err
		}
		connection.Close()
	}
	if path == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	answer, err := get(ctx, s.transport, s.address+path)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", path, answer.Status)
	}
	return nil
}

func get(ctx context.Context, transport http.RoundTripper, url string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+url, nil)
	if err != nil {
		return nil, err
	}
	// A transport follows no redirect.
	return transport.RoundTrip(request)
}

// Whether the service has ended by itself, or does so within this time.
func (s *service) hasEnded(within time.Duration) bool {
	select {
	case <-s.ended:
		return true
	case <-time.After(within):
	}
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// An error with what the service printed at last.
func (s *service) failed(message string) error {
	words := s.printed.text(s.hasEnded(0))
	if words == "" {
		return errors.New(message + "; it printed nothing")
	}
	return errors.New(message + "; it printed at last:\n" + words)
}

// Ends the service: at first it is asked to.
func (s *service) stop() {
	_ = s.command.Process.Signal(syscall.SIGTERM)
	if !s.hasEnded(endLimit) {
		_ = s.command.Process.Kill()
		<-s.ended
	}
}

// The end of what was printed.
type tail struct {
	mutex sync.Mutex
	kept  []byte
	// Closed when there is no more.
	whole chan struct{}
}

func (t *tail) follow(reader io.Reader) {
	defer close(t.whole)
	piece := make([]byte, 32<<10)
	for {
		count, err := reader.Read(piece)
		t.mutex.Lock()
		t.kept = append(t.kept, piece[:count]...)
		if surplus := len(t.kept) - lastBytes; surplus > 0 {
			t.kept = append(t.kept[:0], t.kept[surplus:]...)
		}
		t.mutex.Unlock()
		if err != nil {
			return
		}
	}
}

// What was kept; of a process that has ended all that it printed is waited for.
func (t *tail) text(hasEnded bool) string {
	if hasEnded {
		select {
		case <-t.whole:
		case <-time.After(lastMoment):
		}
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return strings.TrimSpace(strings.ToValidUTF8(string(t.kept), "?"))
}
