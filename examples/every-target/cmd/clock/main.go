// Clock tells the time over HTTP, on every machine that Go has a port for.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"runtime"
	"time"
)

func main() {
	address := flag.String("listen", "127.0.0.1:8080", "where to listen")
	once := flag.Bool("once", false, "print the time and end")
	flag.Parse()
	if *once {
		tell(os.Stdout.WriteString)
		return
	}
	http.HandleFunc("/time", func(answer http.ResponseWriter, _ *http.Request) {
		tell(func(text string) (int, error) { return answer.Write([]byte(text)) })
	})
	http.HandleFunc("/healthz", func(answer http.ResponseWriter, _ *http.Request) {
		answer.WriteHeader(http.StatusNoContent)
	})
	server := &http.Server{Addr: *address, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServe())
}

func tell(write func(string) (int, error)) {
	now := time.Now().UTC().Format(time.RFC3339)
	line := fmt.Sprintf("%s on %s/%s\n", now, runtime.GOOS, runtime.GOARCH)
	if _, err := write(line); err != nil {
		log.Print(err)
	}
}
