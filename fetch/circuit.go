package fetch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
)

// ErrResting is the reason of a DownloadError when no request was sent, because the host did not
// answer other downloads.
var ErrResting = fmt.Errorf("the host did not answer %d downloads in a row; the next run tries again", silentAfter)

// outcome is the result of a download after all its tries.
type outcome struct {
	original Original
	err      error
	silent   bool      // whether the host gave no usable answer: it stalled, refused the connection, or is busy
	last     time.Time // start of the last try
}

// circuits are the circuit breakers of all hosts. With them, in an outage only the first downloads
// use all their tries. The zero value is ready to use, and safe for concurrent use.
type circuits struct {
	mu    sync.Mutex
	hosts map[string]*circuit
}

// of returns the circuit of a host.
func (c *circuits) of(host string) *circuit {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hosts == nil {
		c.hosts = map[string]*circuit{}
	}
	if c.hosts[host] == nil {
		c.hosts[host] = newCircuit()
	}
	return c.hosts[host]
}

// circuit is the circuit breaker of one host. It opens when several downloads in a row get no
// answer.
type circuit struct {
	breaker *gobreaker.CircuitBreaker[outcome]

	mu       sync.Mutex
	answered time.Time // time of the last answer
}

// The verdicts besides nil, which means that the host answered.
var (
	errSilent    = errors.New("the host is silent")
	errNoVerdict = errors.New("nothing is known of the host")
)

// newCircuit returns a closed circuit.
func newCircuit() *circuit {
	return &circuit{breaker: gobreaker.NewCircuitBreaker[outcome](gobreaker.Settings{
		Timeout:     restFor,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= silentAfter },
		IsExcluded:  func(err error) bool { return errors.Is(err, errNoVerdict) },
	})}
}

// do calls download and reports true. If the circuit is open, it reports false and does not call
// download. download can call closed to find out whether the circuit is still closed. For the one
// download that probes a silent host, closed always returns true.
func (c *circuit) do(download func(closed func() bool) outcome) (a outcome, allowed bool) {
	_, _ = c.breaker.Execute(func() (outcome, error) {
		allowed = true
		probe := c.breaker.State() == gobreaker.StateHalfOpen
		a = download(func() bool { return probe || c.breaker.State() == gobreaker.StateClosed })
		return a, c.verdict(a)
	})
	return a, allowed
}

// verdict returns nil when the host answered, errSilent when it did not, and errNoVerdict when a
// download says nothing about its host. A silent download does not count if, after its last try
// began, the host answered another download. This keeps a few slow pictures that time out together
// from opening the circuit of a host that serves all others.
func (c *circuit) verdict(a outcome) error {
	_, disk := errors.AsType[*StoreError](a.err)
	if disk || errors.Is(a.err, context.Canceled) {
		return errNoVerdict
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !a.silent:
		c.answered = time.Now()
		return nil
	case a.last.Before(c.answered):
		return errNoVerdict
	}
	return errSilent
}
