// Measures what Go's runtime takes for a goroutine, for a message, and for collecting garbage.
// Prints one JSON object: names, and nanoseconds. Needs Go 1.19, and nothing but it.
package main

import (
	"encoding/json"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"sync"
	"time"
)

const (
	warmups    = 1_000
	goroutines = 20_000
	roundTrips = 200_000
	// The load under which the collector works: so much is alive all the time, in objects that
	// point to each other, while so much is allocated and dropped at once.
	liveBytes    = 64 << 20
	garbageBytes = 1 << 30
	objectBytes  = 1 << 10
)

type node struct {
	next    *node
	payload [objectBytes - 8]byte
}

func main() {
	starts := goroutineStarts(warmups + goroutines)[warmups:]
	sort.Slice(starts, func(i, j int) bool { return starts[i] < starts[j] })
	figures := map[string]float64{
		"goroutine p50":      float64(percentile(starts, 50)),
		"goroutine p99":      float64(percentile(starts, 99)),
		"channel round-trip": float64(pingPong(roundTrips)) / roundTrips,
	}
	pauses := collectorPauses()
	sort.Slice(pauses, func(i, j int) bool { return pauses[i] < pauses[j] })
	figures["gc-pause p50"] = float64(percentile(pauses, 50))
	figures["gc-pause max"] = float64(percentile(pauses, 100))
	if err := json.NewEncoder(os.Stdout).Encode(figures); err != nil {
		panic(err)
	}
}

// From the `go` statement until the goroutine's first one, for each of so many, one after another.
func goroutineStarts(count int) []time.Duration {
	starts := make([]time.Duration, 0, count)
	started := make(chan time.Duration)
	for i := 0; i < count; i++ {
		begin := time.Now()
		go func() { started <- time.Since(begin) }()
		starts = append(starts, <-started)
	}
	return starts
}

// So many messages to another goroutine and back, over channels without a buffer.
func pingPong(count int) time.Duration {
	ping, pong := make(chan struct{}), make(chan struct{})
	go func() {
		for range ping {
			pong <- struct{}{}
		}
		close(pong)
	}()
	begin := time.Now()
	for i := 0; i < count; i++ {
		ping <- struct{}{}
		<-pong
	}
	taken := time.Since(begin)
	close(ping)
	<-pong
	return taken
}

// For how long the world stood still in each collection under the load; the last 256 of them.
func collectorPauses() []time.Duration {
	var live *node
	for i := 0; i < liveBytes/objectBytes; i++ {
		live = &node{next: live}
	}
	runtime.GC()
	var before, after debug.GCStats
	debug.ReadGCStats(&before)
	workers := runtime.GOMAXPROCS(0)
	var group sync.WaitGroup
	for i := 0; i < workers; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			var last *node
			for i := 0; i < garbageBytes/objectBytes/workers; i++ {
				last = &node{}
			}
			runtime.KeepAlive(last)
		}()
	}
	group.Wait()
	// A collector that is switched off has no pause of its own.
	runtime.GC()
	debug.ReadGCStats(&after)
	runtime.KeepAlive(live)
	collections := int(after.NumGC - before.NumGC)
	if collections > len(after.Pause) {
		collections = len(after.Pause)
	}
	return after.Pause[:collections]
}

// The smallest value that so many percent of all do not exceed; they are sorted.
func percentile(sorted []time.Duration, percent int) time.Duration {
	return sorted[(len(sorted)*percent+99)/100-1]
}
