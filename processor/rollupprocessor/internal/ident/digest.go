// Package ident says which points belong to one series or to one input stream, without building strings: identities are
// 128-bit digests, and only a series seen for the first time gets its labels written down.
//
// What makes an output series is what a Prometheus-type backend keeps: label names and the text of their values. So the
// int 1 and the string "1" are one value, an empty value is no label, and the order of attributes is nothing.
package ident

import (
	"hash/maphash"
	"math/bits"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Digest is a 128-bit fingerprint. Its seeds are random per process, so nobody outside can make two identities meet,
// and by chance even a billion series meet with a probability below 1e-20. It has no meaning in another process.
type Digest struct{ hi, lo uint64 }

// Then is the digest of d followed by e. Order matters.
func (d Digest) Then(e Digest) Digest {
	return Digest{mix(d.hi^0x9e3779b97f4a7c15, e.hi^0xd1b54a32d192ed03), mix(d.lo^0xa0761d6478bd642f, e.lo^0xe7037ed1a0b428db)}
}

// and is the digest of a set that has both members. Order does not matter; members must come from pair, whose result is
// not linear in its parts, or {a=1, b=2} would meet {a=2, b=1}.
func (d Digest) and(e Digest) Digest { return Digest{d.hi + e.hi, d.lo + e.lo} }

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// Hasher makes digests. It is not safe for concurrent use.
type Hasher struct {
	hi, lo  maphash.Seed
	scratch []byte
	keys    []string // of the attribute set at hand, against repeated keys
}

// NewHasher is a hasher with seeds of its own.
func NewHasher() *Hasher {
	return &Hasher{hi: maphash.MakeSeed(), lo: maphash.MakeSeed()}
}

// Text is the digest of a string.
func (h *Hasher) Text(s string) Digest {
	return Digest{maphash.String(h.hi, s), maphash.String(h.lo, s)}
}

// pair is the digest of a key with a value. 64 bits are enough for a key: there are dozens of them, not billions.
func (h *Hasher) pair(key string, v Digest) Digest {
	k := maphash.String(h.hi, key)
	return Digest{k, k}.Then(v)
}

// value is the digest of the text of v, the same as Text(v.AsString()).
func (h *Hasher) value(v pcommon.Value) Digest {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return h.Text(v.Str())
	case pcommon.ValueTypeInt:
		h.scratch = strconv.AppendInt(h.scratch[:0], v.Int(), 10)
	case pcommon.ValueTypeBool:
		h.scratch = strconv.AppendBool(h.scratch[:0], v.Bool())
	default:
		return h.Text(v.AsString())
	}
	return Digest{maphash.Bytes(h.hi, h.scratch), maphash.Bytes(h.lo, h.scratch)}
}

// Set is the digest of all attributes, whatever they are for: part of an input stream's identity.
func (h *Hasher) Set(attributes pcommon.Map) Digest {
	var set Digest
	for key, v := range attributes.All() {
		set = set.and(h.pair(key, h.value(v)))
	}
	return set
}

// Scope is the digest of an instrumentation scope, the whole of it.
func (h *Hasher) Scope(s pcommon.InstrumentationScope) Digest {
	return h.Text(s.Name()).Then(h.Text(s.Version())).Then(h.Set(s.Attributes()))
}

// repeated says whether the key came before in this set; a map from the wire may hold one twice, and the first counts.
func (h *Hasher) repeated(key string) bool {
	for _, known := range h.keys {
		if known == key {
			return true
		}
	}
	h.keys = append(h.keys, key)
	return false
}
