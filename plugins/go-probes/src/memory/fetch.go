// Asks a service over HTTP: so often for a path, whose answers are thrown away, and then once for
// another, whose answer it prints. Needs Go 1.19, and nothing but it.
//
//	fetch ADDRESS PRINTED [PATH COUNT]
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"
)

// How long one answer may take.
const limit = 10 * time.Second

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 2 && len(arguments) != 4 {
		return fmt.Errorf("expected ADDRESS PRINTED [PATH COUNT]")
	}
	address := arguments[0]
	if len(arguments) == 4 {
		count, err := strconv.Atoi(arguments[3])
		if err != nil {
			return err
		}
		for i := 0; i < count; i++ {
			if _, err := get(address, arguments[2]); err != nil {
				return err
			}
		}
	}
	body, err := get(address, arguments[1])
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(body)
	return err
}

// The body of an answer with status 200. HTTP/1.0 has no chunks, and ends with the connection.
func get(address, path string) ([]byte, error) {
	connection, err := net.DialTimeout("tcp", address, limit)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(limit))
	if _, err := fmt.Fprintf(connection, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, address); err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(io.LimitReader(connection, 8<<20))
	if err != nil {
		return nil, err
	}
	head, body, found := bytes.Cut(answer, []byte("\r\n\r\n"))
	status, _, _ := bytes.Cut(head, []byte("\r\n"))
	words := bytes.Fields(status)
	if !found || len(words) < 2 || string(words[1]) != "200" {
		return nil, fmt.Errorf("%s answers %q and not with 200", path, status)
	}
	return body, nil
}
