package pipecat

import (
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// glanceMetrics reads a MetricsFrame in one pass, where all of its data are right. Nearly all that a busy bot sends is such.
func glanceMetrics(message []byte, texts *wire.Texts) (frame.Frame, bool) {
	const usual = 2
	var head envelope
	var data int
	found := frame.Frame{Events: make([]frame.Event, 0, usual)}
	c := wire.NewCursor(message, texts)
	c.Object(func(name []byte) {
		if string(name) != "data" {
			head.glance(&c, name)
			return
		}
		c.Array(func() {
			if data++; data > wire.MaxData {
				c.Doubt()
				return
			}
			glanceDatum(&c, &found)
		})
	})
	if !c.Clear() {
		return frame.Frame{}, false
	}
	out := head.frame(message, metricsFrame)
	out.Sentinels = found.Sentinels
	if len(found.Events) > 0 {
		out.Events = found.Events
	}
	return out, true
}

// glance reads a member of a message that is its envelope's, or nobody's.
func (e *envelope) glance(c *wire.Cursor, name []byte) {
	switch string(name) {
	case "id":
		e.ID = c.ID()
	case "broadcast_sibling_id":
		e.Sibling = c.ID()
	case "call_id":
		e.CallID = c.Text()
	case "pipecatCallId":
		e.PipecatCallID = c.Text()
	case "timestamp":
		e.Timestamp = c.Time()
	default:
		c.Skip()
	}
}

func glanceDatum(c *wire.Cursor, out *frame.Frame) {
	var d datum
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
	event, err := d.event(d.Type)
	if err != nil {
		c.Doubt()
		return
	}
	wire.Take(out, event)
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
