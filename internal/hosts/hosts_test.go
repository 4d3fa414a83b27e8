package hosts

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
)

var (
	broken = componentstatus.NewRecoverableErrorEvent(errors.New("no space left on device"))
	fine   = componentstatus.NewEvent(componentstatus.StatusOK)
)

// host is one that may do something before it takes note of a state.
type host struct {
	component.Host
	before func(componentstatus.Status)

	mu    sync.Mutex
	heard []componentstatus.Status
}

func (h *host) Report(event *componentstatus.Event) {
	if h.before != nil {
		h.before(event.Status())
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heard = append(h.heard, event.Status())
}

// mends is a host that hears of a fault when all is about to be told that it is over.
func mends(all *All, over *sync.WaitGroup) *host {
	return &host{before: func(status componentstatus.Status) {
		if status != componentstatus.StatusRecoverableError {
			return
		}
		var told atomic.Bool
		over.Go(func() {
			defer told.Store(true)
			all.Report(fine)
		})
		for range 1000 { // time enough for it to be told first, if it can be
			if told.Load() {
				return
			}
			runtime.Gosched()
		}
	}}
}

func TestAllHearTheSame(t *testing.T) {
	var all All
	early, late, last := &host{}, &host{}, &host{}
	all.Add(early)
	all.Report(broken)
	all.Add(late)
	all.Report(fine)
	all.Add(last)
	both := []componentstatus.Status{componentstatus.StatusRecoverableError, componentstatus.StatusOK}
	assert.Equal(t, both, early.heard)
	assert.Equal(t, both, late.heard, "it hears what was said before it came")
	assert.Equal(t, both[1:], last.heard, "but only the last")
}

// The collector hears of one fatal state.
func TestFatalOnce(t *testing.T) {
	var all All
	early, late, last := &host{}, &host{}, &host{}
	all.Add(early)
	all.Add(late)
	all.Report(componentstatus.NewFatalErrorEvent(errors.New("the listener is gone")))
	all.Add(last)
	assert.Equal(t, []componentstatus.Status{componentstatus.StatusPermanentError}, early.heard)
	assert.Equal(t, []componentstatus.Status{componentstatus.StatusFatalError}, late.heard)
	assert.Equal(t, []componentstatus.Status{componentstatus.StatusPermanentError}, last.heard)
}

// What a host hears last is what was said last, also where one state follows while the other is being told.
func TestStatesAreToldInOrder(t *testing.T) {
	both := []componentstatus.Status{componentstatus.StatusRecoverableError, componentstatus.StatusOK}
	for name, tell := range map[string]func(all *All, first *host){
		"to those that are there": func(all *All, first *host) { all.Add(first); all.Report(broken) },
		"to a late one":           func(all *All, first *host) { all.Report(broken); all.Add(first) },
	} {
		t.Run(name, func(t *testing.T) {
			var all All
			var over sync.WaitGroup
			first, second := mends(&all, &over), &host{}
			tell(&all, first)
			over.Wait()
			all.Add(second)
			assert.Equal(t, both, first.heard)
			assert.Equal(t, both[1:], second.heard)
		})
	}
	t.Run("to those behind it", func(t *testing.T) {
		var all All
		var over sync.WaitGroup
		first, second := mends(&all, &over), &host{}
		all.Add(first)
		all.Add(second)
		all.Report(broken)
		over.Wait()
		assert.Equal(t, both, first.heard)
		assert.Equal(t, both, second.heard)
	})
}
