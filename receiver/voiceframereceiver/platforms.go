package voiceframereceiver

import (
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/elevenlabs"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/retell"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/ultravox"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/vapi"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/receiver/voiceframereceiver/internal/signature"
)

// The platforms, by the names that paths, options and dialects have for them.
const (
	platformVapi       = "vapi"
	platformRetell     = "retell"
	platformElevenLabs = "elevenlabs"
	platformUltravox   = "ultravox"
)

// platform is how the posts of one are read and how it proves that they are its own.
type platform struct {
	decode   func([]byte) ([]frame.Frame, error)
	verifier func(secret string) signature.Verifier
}

// platforms are all that are known.
func platforms() map[string]platform {
	return map[string]platform{
		platformVapi:       {vapi.Decode, signature.Vapi},
		platformRetell:     {retell.Decode, signature.Retell},
		platformElevenLabs: {elevenlabs.Decode, signature.ElevenLabs},
		platformUltravox:   {ultravox.Decode, signature.Ultravox},
	}
}
