package once

import (
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/codec"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
)

// Encode writes down all that is known, but for the settings.
func (c *Calls) Encode(e *codec.Encoder) {
	e.Time(c.swept)
	e.Len(len(c.order))
	for _, known := range c.order {
		e.Cut()
		known.key.Encode(e)
		e.Time(known.at)
		e.Len(len(known.list))
		for _, mark := range known.list {
			e.Fixed(mark)
		}
	}
}

// Decode reads what Encode wrote.
func (c *Calls) Decode(d *codec.Decoder) {
	c.swept = d.Time()
	for n := d.Many(); n > 0 && d.OK(); n-- {
		d.Cut()
		c.decode(d)
	}
}

func (c *Calls) decode(d *codec.Decoder) {
	known := &call{key: ident.DecodeDigest(d), at: d.Time()}
	known.list = make([]uint64, d.Len())
	for i := range known.list {
		known.list[i] = d.Fixed()
	}
	if c.byKey.Get(known.key) != nil || len(known.list) > maxMarks {
		d.Fail(codec.ErrShape)
		return
	}
	known.index = nil
	if len(known.list) > few {
		known.reindex(sizeFor(len(known.list)))
	}
	c.byKey.Put(known.key, known)
	c.order = append(c.order, known)
	c.held += len(known.list)
}
