package fetch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
)

// ErrResting is the reason of a DownloadError when the host was not asked, because it has not
// answered other downloads.
var ErrResting = fmt.Errorf("it has not answered %d downloads in a row; the next run tries again", silentAfter)

// outcome is how a download ended, after all its tries.
type outcome struct {
	original Original
	err      error
	silent   bool      // the host gave no answer that one could use: it stalled, refused to connect, or is busy
	last     time.Time // when the last try began
}

// circuits are the circuit breakers of all hosts, so that an outage costs the tries of a few
// downloads and not those of a thousand. The zero value is ready for use, by several goroutines.
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

// circuit is that of one host. It opens when downloads fail one after the other.
type circuit struct {
	breaker *gobreaker.CircuitBreaker[outcome]

	mu       sync.Mutex
	answered time.Time // when the host last answered
}

var (
	errSilent    = errors.New("the host is silent")
	errNoVerdict = errors.New("nothing is known of the host")
)

func newCircuit() *circuit {
	return &circuit{breaker: gobreaker.NewCircuitBreaker[outcome](gobreaker.Settings{
		Timeout:     restFor,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= silentAfter },
		IsExcluded:  func(err error) bool { return errors.Is(err, errNoVerdict) },
	})}
}

// do makes a download, unless the host is left alone: then it is not allowed. Closed tells the
// download whether the host is still asked; it always is for the one that finds that out.
func (c *circuit) do(download func(closed func() bool) outcome) (a outcome, allowed bool) {
	_, _ = c.breaker.Execute(func() (outcome, error) {
		allowed = true
		probe := c.breaker.State() == gobreaker.StateHalfOpen
		a = download(func() bool { return probe || c.breaker.State() == gobreaker.StateClosed })
		return a, c.verdict(a)
	})
	return a, allowed
}

// verdict returns nil when a download says that the host answers, errSilent when it says that it
// does not, and errNoVerdict when it says neither. Slow pictures among good ones all give up at the
// same time, with no good one in between: they do not count where the host has answered since their
// last tries began.
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
