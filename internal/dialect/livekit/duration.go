package livekit

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// duration is a length of time as either SDK says it.
type duration struct {
	name  string // as it stands in the message
	value jsontext.Value
	unit  float64 // in seconds
	said  bool
}

// seconds is a duration as the Python SDK says it.
func seconds(name string, value jsontext.Value) duration {
	return duration{name: name, value: value, unit: 1, said: !wire.Absent(value)}
}

// orMs is the duration as the JavaScript SDK says it, if it is there.
func (d duration) orMs(name string, value jsontext.Value) duration {
	if wire.Absent(value) {
		return d
	}
	return duration{name: name, value: value, unit: 1e-3, said: true}
}

// ms is the duration in milliseconds; it is at least so many seconds and at most frame.MaxSeconds.
func (d duration) ms(least float64) (float64, error) {
	if !d.said {
		return 0, nil
	}
	n, err := wire.Number(d.value, d.name, least/d.unit, frame.MaxSeconds/d.unit)
	return frame.Milliseconds(n * d.unit), err
}
