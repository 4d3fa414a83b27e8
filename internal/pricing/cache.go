package pricing

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// Bounds of the cache. A fleet uses some dozens of models; whoever sends more, or absurd names, is looked up each time
// anew and makes nothing grow.
const (
	maxQuotes    = 4096
	maxKeyLength = 512
	// neighbours is how many slots a quote may stand in.
	neighbours = 4
)

// cache remembers quotes by what was asked. It is read without a lock: each slot holds a quote that nobody changes. Where
// all the slots of a key are taken, it takes the first, which keeps what is in use.
type cache struct {
	slots [maxQuotes]atomic.Pointer[remembered]
}

type remembered struct {
	key   quoteKey
	quote quote
}

// quoteKey is the provider and model as reported, and the kind.
type quoteKey struct {
	provider, model string
	kind            Kind
}

var seed = maphash.MakeSeed()

func (k *quoteKey) digest() uint64 {
	return maphash.String(seed, k.model) + 31*maphash.String(seed, k.provider) + uint64(k.kind)<<8
}

func (c *cache) get(key quoteKey) *quote {
	first := key.digest()
	for i := range uint64(neighbours) {
		known := c.slots[(first+i)%maxQuotes].Load()
		if known != nil && known.key == key {
			return &known.quote
		}
	}
	return nil
}

func (c *cache) put(key quoteKey, q *quote) {
	if len(key.provider)+len(key.model) > maxKeyLength {
		return
	}
	first := key.digest()
	// What a caller hands in may be part of something larger, which must not be kept alive.
	key.provider, key.model = strings.Clone(key.provider), strings.Clone(key.model)
	n := &remembered{key, *q}
	for i := range uint64(neighbours) {
		if c.slots[(first+i)%maxQuotes].CompareAndSwap(nil, n) {
			return
		}
	}
	c.slots[first%maxQuotes].Store(n)
}
