package ident

import (
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Point is what one pass over a point's attributes finds.
type Point struct {
	// Series is the digest of its labels. It agrees with Writer.Labels: equal labels, equal digests.
	Series Digest
	// Call is the digest of its call_id, also where the series does not keep that; zero: it has none.
	Call Digest
	// Mark tells it from the other points of its call and metric: the digest of its frame and its labels. Transit attributes
	// are not part of it, since what they say may depend on what a receiver remembers of the call. Zero: it comes from no frame.
	Mark Digest
	// LosesLabels says that one of its attributes can be no label.
	LosesLabels bool
}

// Marked says whether the point is known again when it comes again.
func (p Point) Marked() bool { return p.Mark != Digest{} && p.Call != Digest{} }

// pass is a pass over the attributes of one point.
type pass struct {
	Point
	labels, frame, stream Digest
	environment           bool // the point names one itself
}

// Point reads the attributes of a view.
func (h *Hasher) Point(v View) Point {
	h.keys.begin()
	var p pass
	for text, value := range v.Attributes.All() {
		k := h.key(text)
		switch {
		case k.role == isNoName:
			p.LosesLabels = true
		case k.role != isAside && k.pass != h.keys.pass: // the first of a repeated key counts
			if d, some := h.label(k, value); some {
				k.pass = h.keys.pass
				p.add(k.role, k.label.Then(d))
			}
		}
	}
	if v.Environment.Name != "" && !p.environment {
		p.add(isEnvironment, v.Environment.digest)
	}
	return p.point(v.KeepCallID)
}

func (p *pass) add(what role, d Digest) {
	switch what {
	case isFrame:
		p.frame = d
	case isStream:
		p.stream = d
	case isCall:
		p.Call = d
	default:
		p.environment = p.environment || what == isEnvironment
		p.labels = p.labels.and(d)
	}
}

func (p *pass) point(keepCallID bool) Point {
	p.Series = p.labels
	if keepCallID {
		p.Series = p.labels.and(p.Call)
	}
	if p.frame != (Digest{}) {
		p.Mark = p.frame.Then(p.stream).Then(p.labels)
	}
	return p.Point
}

// Labels is the digest of labels that were written down: of a series that is read again.
func (h *Hasher) Labels(labels []Label) Digest {
	h.keys.begin()
	var set Digest
	for _, l := range labels {
		set = set.and(h.key(l.Key).label.Then(h.Text(l.Text)))
	}
	return set
}

// label is the digest of what labelText returns. It is false for an empty one, which is no label.
func (h *Hasher) label(k *key, value pcommon.Value) (d Digest, some bool) {
	if value.Type() != pcommon.ValueTypeStr {
		return h.labelOf(k, value)
	}
	text := value.Str()
	if text == "" {
		return Digest{}, false
	}
	if k.role == isProcessor {
		return h.labelOf(k, value)
	}
	d, ascii := h.text(text)
	if !ascii && !utf8.ValidString(text) {
		d = h.Text(Text(text))
	}
	return d, true
}

// labelOf is for what is seldom.
func (h *Hasher) labelOf(k *key, value pcommon.Value) (d Digest, some bool) {
	switch {
	case empty(value):
		return Digest{}, false
	case k.role == isProcessor:
		return h.Text(labelText(k.text, value)), true
	default:
		return h.value(value), true
	}
}
