package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if err := run(context.Background(), []string{"-version"}, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	want := "sensor-agent " + version + " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH + "\n"
	if stdout.String() != want || stderr.Len() != 0 {
		t.Errorf("printed %q and %q, want %q", stdout.String(), stderr.String(), want)
	}
}

func TestWrongCommandLines(t *testing.T) {
	for _, check := range []struct {
		arguments []string
		text      string
	}{
		{[]string{"-interval", "0s"}, "-interval"},
		{[]string{"-keep", "0"}, "-keep"},
		{[]string{"-log", "xml"}, `"xml"`},
		{[]string{"-source", "thermometer"}, "hwmon, simulated"},
		{[]string{"start"}, `"start"`},
		{[]string{"-no-such-flag"}, "no-such-flag"},
	} {
		err := run(context.Background(), check.arguments, io.Discard, io.Discard)
		if !errors.As(err, new(usageError)) || !strings.Contains(err.Error(), check.text) {
			t.Errorf("%v: got %v", check.arguments, err)
		}
	}
}

func TestAnAddressThatIsTakenIsAnError(t *testing.T) {
	listener := listen(t)
	defer listener.Close()
	address := listener.Addr().String()
	err := run(context.Background(), []string{"-source", "simulated", "-listen", address}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), address) {
		t.Errorf("got %v", err)
	}
}

func TestRequestsInFlightFinishWhenTheServiceStops(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	slow := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		_, _ = io.WriteString(w, "whole")
	})
	listener := listen(t)
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	var log bytes.Buffer
	go func() {
		served <- serve(ctx, listener, slow, slog.New(slog.NewTextHandler(&log, nil)))
	}()

	answered := make(chan string, 1)
	go func() {
		response, err := http.Get("http://" + listener.Addr().String() + "/")
		if err != nil {
			answered <- err.Error()
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answered <- string(body)
	}()
	<-entered
	stop()
	// The listener closes first: once nobody can connect, shutting down has begun.
	for {
		connection, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			break
		}
		connection.Close()
	}
	close(release)
	if body := <-answered; body != "whole" {
		t.Errorf("the request in flight got %q", body)
	}
	if err := <-served; err != nil {
		t.Errorf("stopped with %v", err)
	}
	if !strings.Contains(log.String(), "stopped") {
		t.Errorf("logged\n%s", log.String())
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}
