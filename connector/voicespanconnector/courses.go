package voicespanconnector

import (
	"sync"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
)

// courses is which turns of open calls were there: a sampler, or an exporter that gave up, leaves holes.
type courses struct {
	mu    sync.Mutex
	calls map[call.Key]course
}

type course struct{ turns, highest int }

// turn is the number of a turn that was told.
type turn struct {
	call   call.Key
	number int
}

// How whole a call is that has ended.
const (
	complete     = "complete"
	noEnd        = "no_end"
	turnsMissing = "turns_missing"
)

func (c *courses) note(turns []turn) {
	if len(turns) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls == nil {
		c.calls = map[call.Key]course{}
	}
	for _, t := range turns {
		known := c.calls[t.call]
		c.calls[t.call] = course{known.turns + 1, max(known.highest, t.number)}
	}
}

// end says how whole a call was that has ended.
func (c *courses) end(f *call.Fact) string {
	c.mu.Lock()
	known := c.calls[f.Call]
	delete(c.calls, f.Call)
	c.mu.Unlock()
	switch {
	case f.Name == call.IdleTimeout:
		return noEnd
	case known.turns < known.highest:
		return turnsMissing
	}
	return complete
}
