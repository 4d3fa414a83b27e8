// Package ident says which points belong to one series, to one input stream or to one frame, without building strings:
// identities are 128-bit digests, and only a series seen for the first time gets its labels written down.
//
// What makes an output series is what a Prometheus-type backend keeps: label names and the text of their values. So the
// int 1 and the string "1" are one value, an empty value is no label, and the order of attributes is nothing.
package ident

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Digest is a 128-bit fingerprint. It is keyed with a Seed that nobody outside knows, so nobody can make two identities
// meet, and by chance even a billion series meet with a probability below 1e-20. It means something only beside its seed.
type Digest struct{ Hi, Lo uint64 }

// Then is the digest of d followed by e. Order matters.
func (d Digest) Then(e Digest) Digest {
	return Digest{mix(d.Hi^0x9e3779b97f4a7c15, e.Hi^0xd1b54a32d192ed03), mix(d.Lo^0xa0761d6478bd642f, e.Lo^0xe7037ed1a0b428db)}
}

// and is the digest of a set that has both members. Order does not matter; members must come from pair, whose result is
// not linear in its parts, or {a=1, b=2} would meet {a=2, b=1}.
func (d Digest) and(e Digest) Digest { return Digest{d.Hi + e.Hi, d.Lo + e.Lo} }

// Compare orders digests, in no order that means anything.
func (d Digest) Compare(e Digest) int {
	switch {
	case d == e:
		return 0
	case d.Hi < e.Hi, d.Hi == e.Hi && d.Lo < e.Lo:
		return -1
	default:
		return 1
	}
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// Seed is the key of digests. What outlives the process keeps it beside them.
type Seed [6]uint64

// NewSeed is a random seed.
func NewSeed() Seed {
	var random [8 * len(Seed{})]byte
	_, _ = rand.Read(random[:]) // never fails
	var seed Seed
	for i := range seed {
		seed[i] = binary.LittleEndian.Uint64(random[8*i:])
	}
	return seed
}

// Hasher makes digests. It is not safe for concurrent use.
type Hasher struct {
	seed    Seed
	keys    keys
	scratch []byte
}

// NewHasher is a hasher with that seed.
func NewHasher(seed Seed) *Hasher { return &Hasher{seed: seed} }

// Seed is the hasher's seed.
func (h *Hasher) Seed() Seed { return h.seed }

// Text is the digest of a string.
func (h *Hasher) Text(s string) Digest {
	d, _ := h.text(s)
	return d
}

// text also says whether s is ASCII, and so surely UTF-8.
//
// It is two lanes of wyhash: 16 bytes at a time are multiplied, each half covered by a secret, and the halves of the product
// folded. The length comes last, for the last 16 bytes of a text may overlap with those before.
func (h *Hasher) text(s string) (d Digest, ascii bool) {
	length, seed := uint64(len(s)), &h.seed
	hi, lo, seen := seed[0], seed[1], uint64(0)
	for len(s) > 16 {
		a, b := load64(s), load64(s[8:])
		hi, lo, seen = mix(a^seed[2], b^hi), mix(b^seed[3], a^lo), seen|a|b
		s = s[16:]
	}
	var a, b uint64
	if len(s) >= 8 {
		a, b = load64(s), load64(s[len(s)-8:])
	} else {
		a, b = short(s)
	}
	hi, lo, seen = mix(a^seed[2], b^hi), mix(b^seed[3], a^lo), seen|a|b
	return Digest{mix(hi^seed[4], length^seed[5]), mix(lo^seed[5], length^seed[4])}, seen&0x8080808080808080 == 0
}

// short is all of less than 8 bytes.
func short(s string) (a, b uint64) {
	switch n := len(s); {
	case n >= 4:
		return load32(s), load32(s[n-4:])
	case n > 0:
		return uint64(s[0])<<16 | uint64(s[n>>1])<<8 | uint64(s[n-1]), 0
	default:
		return 0, 0
	}
}

// The compiler makes one load of each.

func load64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func load32(s string) uint64 {
	_ = s[3]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
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
	return h.Text(string(h.scratch))
}

// Set is the digest of all attributes, whatever they are for: part of an input stream's identity.
func (h *Hasher) Set(attributes pcommon.Map) Digest {
	h.keys.begin()
	var set Digest
	for text, v := range attributes.All() {
		set = set.and(h.key(text).digest.Then(h.value(v)))
	}
	return set
}

// Scope is the digest of an instrumentation scope, the whole of it.
func (h *Hasher) Scope(s pcommon.InstrumentationScope) Digest {
	return h.Text(s.Name()).Then(h.Text(s.Version())).Then(h.Set(s.Attributes()))
}
