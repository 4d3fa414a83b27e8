package ident

import "github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/codec"

// Encode writes d down. It means something only beside the seed.
func (d Digest) Encode(e *codec.Encoder) {
	e.Fixed(d.Hi)
	e.Fixed(d.Lo)
}

// DecodeDigest reads a digest.
func DecodeDigest(d *codec.Decoder) Digest { return Digest{Hi: d.Fixed(), Lo: d.Fixed()} }

// Encode writes s down.
func (s Seed) Encode(e *codec.Encoder) {
	for _, word := range s {
		e.Fixed(word)
	}
}

// DecodeSeed reads a seed.
func DecodeSeed(d *codec.Decoder) (s Seed) {
	for i := range s {
		s[i] = d.Fixed()
	}
	return s
}
