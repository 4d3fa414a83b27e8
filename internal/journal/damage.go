package journal

import (
	"fmt"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
)

// Damage is something of the journal that cannot be read. It is put aside, so that somebody can look at it; only the last of
// each key is kept.
type Damage struct {
	// Key is the storage's: slot/0000002a is the header of slot 42, slot/0000002a/00000003 its fourth record, head the journal's.
	Key string
	// Call lost its records from there on. It is zero where the header is damaged: then the call is lost, and nobody knows
	// which it was.
	Call call.Key
	// Aside are the keys under which the value and those that hang on it are now.
	Aside []string
	// Err says what is wrong with it.
	Err error
}

// Error names no call: its id may be a telephone number.
func (d *Damage) Error() string {
	return fmt.Sprintf("%s cannot be read (%v); values put aside: %d, from %s on", d.Key, d.Err, len(d.Aside), damagedKey(d.Key))
}

// Unwrap is what is wrong.
func (d *Damage) Unwrap() error { return d.Err }

// Damaged is the error of a Restore that is complete but for some damage. It is not empty.
type Damaged []*Damage

// Error names the first and counts the others.
func (d Damaged) Error() string {
	text := "the journal of open calls is damaged: " + d[0].Error()
	if len(d) > 1 {
		text += fmt.Sprintf(" (and %d more)", len(d)-1)
	}
	return text
}

// Unwrap are the single damages.
func (d Damaged) Unwrap() []error {
	errs := make([]error, len(d))
	for i := range d {
		errs[i] = d[i]
	}
	return errs
}
