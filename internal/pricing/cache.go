package pricing

import (
	"strings"
	"sync"
)

// Bounds of the cache. A fleet uses some dozens of models; whoever sends more, or absurd names, is looked up each time
// anew and makes nothing grow.
const (
	maxQuotes    = 4096
	maxKeyLength = 512
)

// cache remembers quotes by what was asked. When it is full it starts over, which keeps what is in use.
type cache struct {
	mu     sync.RWMutex
	quotes map[quoteKey]*quote
}

// quoteKey is the provider and model as reported, and the kind.
type quoteKey struct {
	provider, model string
	kind            Kind
}

func (c *cache) get(key quoteKey) *quote {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.quotes[key]
}

func (c *cache) put(key quoteKey, q *quote) {
	if len(key.provider)+len(key.model) > maxKeyLength {
		return
	}
	// What a caller hands in may be part of something larger, which must not be kept alive.
	key.provider, key.model = strings.Clone(key.provider), strings.Clone(key.model)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quotes == nil || len(c.quotes) >= maxQuotes {
		c.quotes = make(map[quoteKey]*quote)
	}
	c.quotes[key] = q
}
