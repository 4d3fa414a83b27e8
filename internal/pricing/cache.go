package pricing

import (
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
)

// Bounds of the cache. A fleet uses some dozens of models; whoever sends more, or absurd names, is looked up each time
// anew and makes nothing grow.
const (
	maxQuotes    = 4096
	maxKeyLength = 512
)

// cache remembers quotes by what was asked. When it is full it starts over, which keeps what is in use.
//
// What was asked last is at hand by its digest as well. That is read without a lock, so that cores which price at the same
// time do not wait for each other.
type cache struct {
	atHand [1024]atomic.Pointer[quote]

	mu     sync.RWMutex
	quotes map[quoteKey]*quote
}

// quoteKey is the provider and model as reported, and the kind.
type quoteKey struct {
	provider, model string
	kind            Kind
}

var seed = maphash.MakeSeed()

func (k *quoteKey) digest() uint64 {
	return maphash.String(seed, k.model) + 31*maphash.String(seed, k.provider) + uint64(k.kind)
}

func (c *cache) get(key quoteKey) *quote {
	hand := &c.atHand[key.digest()%uint64(len(c.atHand))]
	if q := hand.Load(); q != nil && q.key == key {
		return q
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	q := c.quotes[key]
	if q != nil {
		hand.Store(q)
	}
	return q
}

func (c *cache) put(key quoteKey, q *quote) {
	if len(key.provider)+len(key.model) > maxKeyLength {
		return
	}
	// What a caller hands in may be part of something larger, which must not be kept alive.
	key.provider, key.model = strings.Clone(key.provider), strings.Clone(key.model)
	q.key = key
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quotes == nil || len(c.quotes) >= maxQuotes {
		c.quotes = make(map[quoteKey]*quote)
	}
	c.quotes[key] = q
}
