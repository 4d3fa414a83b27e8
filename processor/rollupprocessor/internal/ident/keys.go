package ident

import (
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// role is what an attribute of that key is for.
type role uint8

const (
	isLabel role = iota
	isProcessor
	isEnvironment
	isCall
	isFrame  // no label, but the identity of the frame that a point comes from
	isStream // no label, but part of which point of its frame a point is
	isAside  // a transit attribute that says nothing of what the point is
	isNoName // it can be no label
)

// key is what is known of an attribute's key.
type key struct {
	text   string
	digest Digest
	label  Digest // of the key as the backend writes it
	role   role
	pass   uint64 // the last one that had it; against repeated keys
}

func roleOf(text string) role {
	switch text {
	case semconv.AttrProcessor:
		return isProcessor
	case environment:
		return isEnvironment
	case semconv.AttrCallID:
		return isCall
	case semconv.TransitID:
		return isFrame
	case semconv.TransitStream:
		return isStream
	}
	switch {
	case strings.HasPrefix(text, semconv.TransitPrefix):
		return isAside
	case !canLabel(text):
		return isNoName
	default:
		return isLabel
	}
}

// keys remembers the keys that come again with every point. Most are found by a look at their length and three letters.
type keys struct {
	known map[string]*key
	quick [quickKeys]*key
	pass  uint64
}

const (
	quickKeys = 1 << 7
	// maxKeys bounds what is remembered: senders make up keys. When it is reached they are learnt anew.
	maxKeys = 1 << 12
)

// begin begins a pass over the attributes of one point. Only here keys may be forgotten, so that within a pass none is found
// twice in two places.
func (ks *keys) begin() {
	ks.pass++
	if ks.known == nil || len(ks.known) >= maxKeys {
		ks.known = make(map[string]*key)
		ks.quick = [quickKeys]*key{}
	}
}

// key is what is known of that key; a key that comes for the first time is learnt.
func (h *Hasher) key(text string) *key {
	place := &h.keys.quick[placeOf(text)]
	if known := *place; known != nil && known.text == text {
		return known
	}
	*place = h.learn(text)
	return *place
}

func placeOf(text string) int {
	n := len(text)
	if n == 0 {
		return 0
	}
	return int((uint8(n)*7 + text[n>>1]*3 + text[n-1]*5 + text[0]) % quickKeys)
}

func (h *Hasher) learn(text string) *key {
	if known, ok := h.keys.known[text]; ok {
		return known
	}
	if h.keys.known == nil {
		h.keys.begin()
	}
	k := &key{text: text, digest: h.Text(text), label: h.Text(atBackend(text)), role: roleOf(text)}
	h.keys.known[text] = k
	return k
}
