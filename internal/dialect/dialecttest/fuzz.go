// Package dialecttest is what the tests of all dialects share.
package dialecttest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Fuzz states what holds of every frame, whatever the bytes were: nothing negative, nothing empty, texts bounded, and the
// same bytes always the same frame.
func Fuzz(f *testing.F, seeds []string, decode func([]byte) (frame.Frame, error)) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		decoded, err := decode(message)
		if err != nil {
			return
		}
		again, err := decode(message)
		require.NoError(t, err)
		require.Equal(t, decoded, again)
		for _, e := range decoded.Events {
			requireSane(t, &e)
		}
	})
}

// Typed makes a decoder of messages of one that wants to know their type.
func Typed(decode func(string, []byte) (frame.Frame, error)) func([]byte) (frame.Frame, error) {
	return func(message []byte) (frame.Frame, error) {
		var head struct {
			Type string `json:"type"`
		}
		if err := wire.Unmarshal(message, &head); err != nil {
			return frame.Frame{}, err
		}
		return decode(head.Type, message)
	}
}

func requireSane(t *testing.T, e *frame.Event) {
	require.NotZero(t, e.Kind)
	require.GreaterOrEqual(t, e.Value, 0.0)
	require.LessOrEqual(t, e.Value, 1000.0*frame.MaxSeconds)
	for _, n := range e.Tokens {
		require.GreaterOrEqual(t, n, int64(0))
	}
	for _, source := range append(e.Models, e.Source) {
		for _, text := range []string{e.Name, source.Processor, source.Provider, source.Model} {
			require.LessOrEqual(t, len(text), wire.MaxText)
		}
	}
}
