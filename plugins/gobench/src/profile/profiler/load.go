// The load: one path, asked for over several connections.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Requests that are sent until it is ended.
type load struct {
	path        string
	connections int
	began       time.Time
	took        time.Duration
	cancel      context.CancelFunc
	workers     sync.WaitGroup

	mutex        sync.Mutex
	good, failed int
	// What came of the first request that failed.
	failure string
}

func (s *service) load(path string, connections int) *load {
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{path: path, connections: connections, began: time.Now(), cancel: cancel}
	transport := &http.Transport{
		MaxIdleConnsPerHost: connections,
		MaxConnsPerHost:     connections,
		DisableCompression:  true,
	}
	for i := 0; i < connections; i++ {
		l.workers.Add(1)
		go func() {
			defer l.workers.Done()
			for ctx.Err() == nil {
				err := s.ask(ctx, transport, path)
				// What is under way at the end is no failure.
				if ctx.Err() == nil {
					l.count(err)
				}
			}
			transport.CloseIdleConnections()
		}()
	}
	return l
}

// One request, whose answer is thrown away.
func (s *service) ask(ctx context.Context, transport http.RoundTripper, path string) error {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	answer, err := get(ctx, transport, s.address+path)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return errors.New(answer.Status)
	}
	return nil
}

func (l *load) count(err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if err == nil {
		l.good++
		return
	}
	if l.failed == 0 {
		l.failure = err.Error()
	}
	l.failed++
}

func (l *load) end() {
	l.cancel()
	l.workers.Wait()
	l.took = time.Since(l.began)
}

// A profile of errors is none of the service.
func (l *load) verdict() error {
	switch {
	case l.good+l.failed == 0:
		return fmt.Errorf("no request for %s was answered in %s", l.path, l.span())
	case l.failed >= l.good:
		return fmt.Errorf("%d of %d requests for %s failed, and the profile is one of errors; the first: %s", l.failed, l.good+l.failed, l.path, l.failure)
	}
	return nil
}

func (l *load) String() string {
	text := fmt.Sprintf("%s was answered %d times in %s over %d connections", l.path, l.good, l.span(), l.connections)
	if l.failed > 0 {
		text += fmt.Sprintf("; %d requests failed, the first: %s", l.failed, l.failure)
	}
	return text
}

func (l *load) span() string {
	return fmt.Sprintf("%.1f s", l.took.Seconds())
}
