package workshop

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// news is what an open page must know: which build the site is now, and what is wrong with the last
// build. A page of another build is out of date.
type news struct {
	Build   string   `json:"build"`
	Problem *Problem `json:"problem"` // nil if nothing is wrong
}

// serveEvents sends the news to an open page: at once, and whenever they change.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	changed := make(chan struct{}, 1)
	s.mu.Lock()
	s.visitors[changed] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.visitors, changed)
		s.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	stream := http.NewResponseController(w)
	for {
		data, err := json.Marshal(s.now())
		if err != nil {
			return
		}
		// JSON has no line breaks, so it is one line of the event.
		if _, err := fmt.Fprintf(w, "retry: 500\ndata: %s\n\n", data); err != nil {
			return
		}
		if err := stream.Flush(); err != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}
