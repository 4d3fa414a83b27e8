package wire

import "github.com/otelcol-voice/otelcol-voice/internal/frame"

// Count is a number of tokens and the field that has it.
type Count struct {
	Field string
	Count int64
}

// CheckTokens refuses counts that no report can mean.
func CheckTokens(counts ...Count) error {
	for _, c := range counts {
		if c.Count < 0 || c.Count > frame.MaxTokens {
			return frame.Faultf(frame.BadValue, c.Field, "must be between 0 and %d tokens", int64(frame.MaxTokens))
		}
	}
	return nil
}

// ErrParts is the fault of a usage whose leaves cannot be told apart: one of them would be negative.
var ErrParts = frame.Faultf(frame.BadValue, "",
	"the parts (cached, audio, reasoning) are more than the tokens that hold them")

// Leaves is t if every leaf of it is possible.
func Leaves(t frame.Tokens) (frame.Tokens, error) {
	for _, count := range t {
		if count < 0 {
			return frame.Tokens{}, ErrParts
		}
	}
	return t, nil
}
