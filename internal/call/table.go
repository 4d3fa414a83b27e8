package call

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Config bounds what a Table remembers.
type Config struct {
	// IdleTimeout ends a call of which nothing arrives for so long.
	IdleTimeout time.Duration
	// Remember is how long after its end a call's frames are still recognised as duplicates or late.
	Remember time.Duration
	// MaxCalls is how many calls are known at once, open or remembered. Where a new one needs room, the one that ended
	// longest ago is forgotten early.
	MaxCalls int
	// Mark, if set, is asked when a call is dropped, for whoever keeps something of it: whatever is kept under its key after
	// that is another call's. It must not use the table.
	Mark func() uint64
	// Trace asks for Traced facts. Without it nothing is kept for them.
	Trace bool
}

// ErrTooManyCalls says that a request would open a call beyond Config.MaxCalls. Nothing of it was applied.
var ErrTooManyCalls = errors.New("too many calls are open at once")

// ErrTooManyInOne says that it would so by itself: it can never be taken.
var ErrTooManyInOne = fmt.Errorf("%w: this request alone begins more than may be", ErrTooManyCalls)

// Table holds the calls. Requests change it through transactions, concurrently where they are about different calls.
type Table struct {
	config Config

	mu      sync.Mutex
	tenants map[string]tenant
	calls   map[Key]*call
	peak    int   // the most calls since the map was made
	ended   []Key // in the order of their ends
	// forgotten are the calls that were dropped since Forget or Restored was last asked.
	forgotten []Gone
}

// Gone is a call that was dropped, with Config.Mark of that moment.
type Gone struct {
	Key
	Mark uint64
}

// call is an entry of the table. Its lock is held by one transaction from Begin to its end; it is never waited for
// while Table.mu is held.
type call struct {
	mu   sync.Mutex
	gone bool // taken out of the table; whoever still waited for the lock looks the call up again
	seen ids
	// summarised says that the summary and the spans that would follow from state have been delivered already.
	summarised bool
	state
}

// tenant is how many calls of one there are.
type tenant struct {
	open  int
	known int // open or remembered
}

// NewTable makes an empty table.
func NewTable(config Config) *Table {
	if config.Mark == nil {
		config.Mark = func() uint64 { return 0 }
	}
	return &Table{config: config, calls: map[Key]*call{}, tenants: map[string]tenant{}}
}

// Active is how many calls are open, of each tenant of which any is known: so that of one without open calls it is told that there
// are none, as long as they are remembered.
func (t *Table) Active() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	active := make(map[string]int, len(t.tenants))
	for name, tenant := range t.tenants {
		active[name] = tenant.open
	}
	return active
}

// count notes that so many more calls of a tenant are open and known. mu is held.
func (t *Table) count(name string, open, known int) {
	tenant := t.tenants[name]
	tenant.open += open
	tenant.known += known
	if tenant.known == 0 && name != "" {
		delete(t.tenants, name)
		return
	}
	t.tenants[name] = tenant
}

// Begin locks the calls of a request, in an order that all requests share, and returns the transaction that changes
// them. It waits while other requests hold any of them. The caller must Commit or Rollback.
func (t *Table) Begin(calls []Key) (*Tx, error) {
	keys := inOrder(calls)
	if err := t.admit(keys); err != nil {
		return nil, err
	}
	tx := t.newTx()
	tx.calls = slices.Grow(tx.calls, len(keys))
	for _, key := range keys {
		c := t.lock(key)
		tx.calls = append(tx.calls, staged{call: c, key: key, next: c.state})
	}
	return tx, nil
}

// admit enters the calls that are new, or none. Room for them is made when they are open: a request that is refused has
// made nobody forgotten. Until then there may be as many calls more as can be forgotten.
func (t *Table) admit(keys []Key) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	added := 0
	for _, key := range keys {
		if t.calls[key] == nil {
			added++
		}
	}
	switch {
	case added > t.config.MaxCalls:
		return ErrTooManyInOne
	case added > 0 && len(t.calls)+added-len(t.ended) > t.config.MaxCalls:
		return ErrTooManyCalls
	}
	for _, key := range keys {
		t.enter(key)
	}
	return nil
}

// enter returns the call of a key, which it makes where it is new. mu is held.
func (t *Table) enter(key Key) *call {
	c := t.calls[key]
	if c == nil {
		c = &call{}
		t.calls[key] = c
		t.peak = max(t.peak, len(t.calls))
		t.count(key.Tenant, 0, 1)
	}
	return c
}

// inOrder is the keys in the order of their locks, each once.
func inOrder(keys []Key) []Key {
	if len(keys) < 2 {
		return keys
	}
	keys = slices.Clone(keys)
	slices.SortFunc(keys, compare)
	return slices.Compact(keys)
}

// compare orders the locks.
func compare(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.ID, b.ID))
}

// lock returns the call with its lock held. One that was entered and dropped meanwhile is entered again.
func (t *Table) lock(key Key) *call {
	for {
		t.mu.Lock()
		c := t.enter(key)
		t.mu.Unlock()
		c.mu.Lock()
		if !c.gone {
			return c
		}
		c.mu.Unlock()
	}
}

// trim forgets calls that have ended, the first first, until there are no more than may be. mu is held.
func (t *Table) trim() {
	for len(t.calls) > t.config.MaxCalls && t.evict() {
		continue
	}
}

// evict forgets the call that ended longest ago and is not in use, to make room. It is false where there is none.
func (t *Table) evict() bool {
	for range len(t.ended) {
		key := t.ended[0]
		t.ended = t.ended[1:]
		if t.drop(key) {
			return true
		}
		if t.calls[key] != nil {
			t.ended = append(t.ended, key)
		}
	}
	return false
}

// drop takes a call that nobody holds out of the table; mu is held.
func (t *Table) drop(key Key) bool {
	c := t.calls[key]
	if c == nil || !c.mu.TryLock() {
		return false
	}
	defer c.mu.Unlock()
	t.delete(key, c)
	t.forgotten = append(t.forgotten, Gone{Key: key, Mark: t.config.Mark()})
	return true
}

// remove takes a call, whose lock the caller holds, out of the table.
func (t *Table) remove(key Key, c *call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.delete(key, c)
}

// delete takes out a call; its lock and mu are held.
func (t *Table) delete(key Key, c *call) {
	c.gone = true
	delete(t.calls, key)
	t.count(key.Tenant, 0, -1)
}

// Idle lists the calls that are due to end because nothing arrived of them for the idle time-out.
func (t *Table) Idle(now time.Time) []Key {
	var idle []Key
	t.eachFree(func(key Key, c *call) {
		if c.idle(now, t.config.IdleTimeout) {
			idle = append(idle, key)
		}
	})
	return idle
}

func (s *state) idle(now time.Time, timeout time.Duration) bool {
	return s.open && !s.ended && now.Sub(s.arrived) >= timeout
}

// Open lists the calls that are open.
func (t *Table) Open() []Key {
	var open []Key
	t.eachFree(func(key Key, c *call) {
		if c.open && !c.ended {
			open = append(open, key)
		}
	})
	return open
}

// Forget drops the calls whose time to be remembered has passed. One that a request holds at the moment stays until the
// next time. It returns those that are gone since it was last asked; some of their keys may be known again.
func (t *Table) Forget(now time.Time) []Gone {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := t.ended[:0]
	for i, key := range t.ended {
		if !t.due(key, now) {
			kept = append(kept, t.ended[i:]...)
			break
		}
		if t.calls[key] != nil && !t.drop(key) {
			kept = append(kept, key)
		}
	}
	clear(t.ended[len(kept):])
	t.ended = kept
	t.shrink()
	return t.takeForgotten()
}

// shrink makes the lists of calls anew where they have grown far beyond what is left: neither a map nor a slice gives memory
// back by itself. mu is held.
func (t *Table) shrink() {
	if len(t.calls) > t.peak/4 || t.peak < worthwhile {
		return
	}
	t.calls, t.peak = maps.Collect(maps.All(t.calls)), len(t.calls)
	t.ended = slices.Clone(t.ended)
}

// worthwhile is how many calls take enough memory to give it back.
const worthwhile = 1024

// due says whether a call that has ended may be forgotten; mu is held.
func (t *Table) due(key Key, now time.Time) bool {
	c := t.calls[key]
	if c == nil || !c.mu.TryLock() {
		return true
	}
	defer c.mu.Unlock()
	return now.Sub(c.arrived) >= t.config.Remember
}

// commit notes what a call has become, so that it is counted, and forgotten in its turn.
func (t *Table) commit(key Key, opened, ended bool) {
	if !opened && !ended {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if opened {
		t.count(key.Tenant, 1, 0)
	}
	if ended {
		t.count(key.Tenant, -1, 0)
		t.ended = append(t.ended, key)
	}
	t.trim()
}

// Restored puts the calls that have ended in the order of their ends, after a restart has gone through them in another. It returns
// those for which there was no room, as Forget does.
func (t *Table) Restored() []Gone {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.SortStableFunc(t.ended, func(a, b Key) int { return t.calls[a].arrived.Compare(t.calls[b].arrived) })
	return t.takeForgotten()
}

// takeForgotten returns the calls that are gone since it was last asked; mu is held.
func (t *Table) takeForgotten() []Gone {
	gone := t.forgotten
	t.forgotten = nil
	return gone
}

// eachFree visits the calls that no transaction holds; the others are in use and neither idle nor forgotten.
func (t *Table) eachFree(visit func(Key, *call)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, c := range t.calls {
		if c.mu.TryLock() {
			visit(key, c)
			c.mu.Unlock()
		}
	}
}
