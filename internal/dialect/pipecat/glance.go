package pipecat

import (
	"bytes"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Glance reads a MetricsFrame in one pass, where all of it is as it should be: nearly all that a busy bot sends is such. What
// is not clear is for DecodeFrame, if it is Pipecat's at all.
func Glance(message []byte, texts *wire.Texts) (frame.Frame, bool) {
	if !bytes.Contains(message, []byte(metricsFrame)) {
		return frame.Frame{}, false
	}
	m := metricsGlance{Cursor: wire.NewCursor(message, texts)}
	m.Object(m.member)
	if !m.Clear() || m.class != metricsFrame {
		return frame.Frame{}, false
	}
	out := m.head.frame(message, metricsFrame)
	out.Events, out.Sentinels = m.found.Events, m.found.Sentinels
	if m.traceparent != "" {
		out.Trace, _ = frame.ParseTraceparent(string(m.traceparent))
	}
	return out, true
}

// metricsGlance is a MetricsFrame as far as it was read.
type metricsGlance struct {
	wire.Cursor
	class       string
	head        envelope
	traceparent wire.ID
	data        int
	found       frame.Frame
}

func (m *metricsGlance) member(name []byte) {
	switch string(name) {
	case "type":
		m.class = m.Text()
	case "id":
		m.head.ID = m.ID()
	case "broadcast_sibling_id":
		m.head.Sibling = m.ID()
	case "call_id":
		m.head.CallID = m.Text()
	case "pipecatCallId":
		m.head.PipecatCallID = m.Text()
	case "timestamp":
		m.head.Timestamp = m.Time()
	case "traceparent":
		m.traceparent = m.ID()
	case "data":
		m.Array(m.datum)
	case "label", "kind", "processor_usable": // then it may be something else, of whatever type
		m.Doubt()
	default:
		m.Skip()
	}
}

// datum reads an entry of the data. That too many are no data at all is for decodeMetrics to say.
func (m *metricsGlance) datum() {
	var d datum
	if m.data++; m.data > wire.MaxData {
		m.Doubt()
		return
	}
	d.glance(&m.Cursor)
	event, err := d.event(d.Type)
	if err != nil {
		m.Doubt()
		return
	}
	wire.Take(&m.found, event)
}

func (d *datum) glance(c *wire.Cursor) {
	c.Object(func(name []byte) {
		switch string(name) {
		case "type":
			d.Type = c.Text()
		case "processor":
			d.Processor = c.Text()
		case "model":
			d.Model = c.Text()
		case "value":
			d.Value = c.Raw()
		default:
			c.Skip()
		}
	})
}

func glanceTokens(raw []byte) (tokenUsage, bool) {
	u := unreported
	c := wire.NewCursor(raw, nil)
	c.Object(func(name []byte) {
		if count := u.field(name); count != nil {
			*count = c.Integer()
		} else {
			c.Skip()
		}
	})
	return u, c.Clear()
}

// field is where a count is kept, by its name as JSON.
func (u *tokenUsage) field(name []byte) *int64 {
	switch string(name) {
	case "prompt_tokens":
		return &u.Prompt
	case "completion_tokens":
		return &u.Completion
	case "total_tokens":
		return &u.Total
	case "cache_read_input_tokens":
		return &u.CacheRead
	case "cache_creation_input_tokens":
		return &u.CacheWrite
	case "reasoning_tokens":
		return &u.Reasoning
	case "input_audio_tokens":
		return &u.AudioIn
	case "output_audio_tokens":
		return &u.AudioOut
	case "cache_read_input_audio_tokens":
		return &u.AudioCacheRead
	}
	return nil
}
