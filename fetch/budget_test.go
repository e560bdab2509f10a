package fetch

import (
	"context"
	"errors"
	"testing"
	"time"

	"firstframe/fetch/fetchtest"
)

// When the time for all downloads is over, those under way end, and no other begins. What is on
// disk is there all the same.
func TestTimeBudget(t *testing.T) {
	s := &fetchtest.Service{Token: token, Pictures: pictures(3)}
	list, err := newAPI(serve(t, s)).Files(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	before := newCache(t)
	if _, err := keep(t, before, list.Files[0]); err != nil {
		t.Fatal(err)
	}
	for name, fault := range map[string]fetchtest.Fault{
		"hang": fetchtest.Hang(), "stall": fetchtest.Stall(10),
	} {
		t.Run(name, func(t *testing.T) {
			s.FailDownload("", -1, fault)
			defer s.Recover()
			c := newCache(t)
			c.Dir, c.TimeBudget = before.Dir, 50*time.Millisecond
			if _, err := c.Original(t.Context(), list.Files[1]); err != ErrTimeBudget {
				t.Fatal(err)
			}
			asked := s.Downloads()
			for range 10 {
				if _, err := c.Original(t.Context(), list.Files[2]); err != ErrTimeBudget {
					t.Fatal(err)
				}
			}
			if s.Downloads() != asked {
				t.Error("a download begins after the time is over")
			}
			if o, err := c.Original(t.Context(), list.Files[0]); err != nil || !o.Cached {
				t.Errorf("%+v, %v", o, err)
			}
			// An interrupted run says so.
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := c.Original(ctx, list.Files[2]); !errors.Is(err, context.Canceled) {
				t.Errorf("interrupted: %v", err)
			}
			// What is published is restored as a whole, or not at all.
			s.Recover()
			if data, err := c.SiteFile(t.Context(), list.Files[1].URL, 1<<20); err != nil || len(data) == 0 {
				t.Errorf("restoring: %v", err)
			}
		})
	}
}
