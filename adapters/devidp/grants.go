package devidp

import (
	"sync"
	"time"
)

// grant is what a code or a refresh token stands for.
type grant struct {
	person      Person
	scope       string
	nonce       string
	redirectURI string
	challenge   string
	family      string // all that came from one sign-in
	signedIn    time.Time
	expires     time.Time
	used        bool
}

// grants remembers what was handed out, up to MaxGrants. What has been used
// stays until it expires, since its second use is a sign that it was stolen.
type grants struct {
	mu    sync.Mutex
	held  map[string]grant
	order []string // by age, so that the oldest give way
}

func newGrants() *grants { return &grants{held: map[string]grant{}} }

// put remembers a grant, and forgets those that are over or too many.
func (s *grants) put(token string, g grant, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[token] = g
	s.order = append(s.order, token)
	for len(s.order) > 0 {
		oldest, ok := s.held[s.order[0]]
		if ok && now.Before(oldest.expires) && len(s.order) <= MaxGrants {
			break
		}
		delete(s.held, s.order[0])
		s.order = s.order[1:]
	}
}

// look returns what is known of a grant and leaves it as it is.
func (s *grants) look(token string) grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held[token]
}

// take uses a grant up. It reports false for one that is unknown, over or used
// before, and returns what is known of it.
func (s *grants) take(token string, now time.Time) (grant, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.held[token]
	if !ok {
		return grant{}, false
	}
	first := !g.used
	g.used = true
	s.held[token] = g
	return g, first && now.Before(g.expires)
}

// revoke forgets all that came from one sign-in.
func (s *grants) revoke(family string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for token, g := range s.held {
		if g.family == family {
			delete(s.held, token)
		}
	}
}
