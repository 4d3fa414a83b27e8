package vapi

import (
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Decode turns a post into frames of its call. The error is a frame.Fault where the post is of no use, or wire.ErrIgnored
// where it is known and carries nothing for us.
func Decode(_ []byte) ([]frame.Frame, error) { return nil, wire.ErrIgnored }
