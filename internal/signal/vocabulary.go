package signal

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// vocabularyID is an attribute that bots fill in freely.
type vocabularyID uint8

const (
	providers vocabularyID = iota
	models
	processors
	functions
	categories
	tenants
	vocabularies // how many there are
)

var vocabularyNames = [vocabularies]string{
	providers:  semconv.AttrProvider,
	models:     semconv.AttrModel,
	processors: semconv.AttrProcessor,
	functions:  semconv.AttrFunctionName,
	categories: semconv.AttrCategory,
	tenants:    "tenant",
}

// vocabulary is the values of one attribute: the first ones that were seen, up to a limit. It only grows, so that a value
// reads the same on a point, in a summary and on a span.
type vocabulary struct {
	limit    int
	replaced atomic.Int64

	// known is replaced as a whole by whoever holds the lock, and read without: a new value is rare, a point is not.
	known  atomic.Pointer[map[string]string]
	adding sync.Mutex
}

// admit is the value, or "other" if there is no room for it.
func (v *vocabulary) admit(value string) string {
	known := v.read()
	if own, ok := known[value]; ok {
		return own
	}
	if len(known) < v.limit {
		if own, ok := v.add(value); ok {
			return own
		}
	}
	v.replaced.Add(1)
	return semconv.ValueOther
}

func (v *vocabulary) read() map[string]string {
	if known := v.known.Load(); known != nil {
		return *known
	}
	return nil
}

func (v *vocabulary) add(value string) (string, bool) {
	v.adding.Lock()
	defer v.adding.Unlock()
	known := v.read()
	if own, ok := known[value]; ok || len(known) >= v.limit {
		return own, ok
	}
	own := strings.Clone(value) // the request that it came in is not kept for it
	grown := make(map[string]string, len(known)+1)
	maps.Copy(grown, known)
	grown[own] = own
	v.known.Store(&grown)
	return own, true
}
