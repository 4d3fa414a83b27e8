package foreign

import "github.com/otelcol-voice/otelcol-voice/internal/pricing"

// Slots is how many parts of all modalities there are.
const Slots = int(parts) * int(modalities)

// Slot is a part of a modality.
type Slot uint8

// SlotOf is the slot of a part of a modality.
func SlotOf(part Part, of Modality) Slot { return Slot(int(part)*int(modalities) + int(of)) }

// Part is the part that a slot is of.
func (s Slot) Part() Part { return Part(int(s) / int(modalities)) }

// Counts is how much of a use was told, by slot.
type Counts [Slots]float64

// Leaf is a part of a use that no other contains.
type Leaf struct {
	Kind   pricing.Kind
	Amount float64
	Of     Slot // the point that tells of it; what is left of a whole is of the whole
}

// Doubt is what is not certain of a division.
type Doubt uint8

// The doubts. Whatever they are, the leaves add up to the whole.
const (
	Certain Doubt = iota
	// Unclear: the parts do not say whose they are, as cached tokens where some are text and some are audio. They are taken
	// for text first: that is where they save least, and so the price is never below the bill.
	Unclear
	// Impossible: the parts are more than the whole. They are left out, as if nothing were known of them.
	Impossible
)

// Split divides a use into leaves, none of them empty.
func (u Use) Split(c *Counts) ([]Leaf, Doubt) {
	d := division{counts: c}
	d.begin()
	switch u.Side {
	case Prompt:
		d.prompt()
	case Completion:
		d.completion()
	default:
		return single(u.Kind, c[0]), Certain
	}
	if !d.short {
		return d.rest(u.Side), d.doubt
	}
	whole := division{counts: c.Wholes()}
	whole.begin()
	return whole.rest(u.Side), Impossible
}

func single(kind pricing.Kind, amount float64) []Leaf {
	if amount == 0 {
		return nil
	}
	return []Leaf{{Kind: kind, Amount: amount}}
}

// Wholes is what is told without its parts.
func (c *Counts) Wholes() *Counts {
	var w Counts
	copy(w[:modalities], c[:modalities])
	return &w
}

// restOf is the kind of what is left of a whole, by side and modality.
var restOf = [...][modalities]pricing.Kind{
	Prompt: {
		Unknown: pricing.PromptText, Text: pricing.PromptText, Image: pricing.PromptImage, Audio: pricing.PromptAudio,
		Video: pricing.PromptVideo,
	},
	Completion: {Unknown: pricing.CompletionText, Text: pricing.CompletionText, Audio: pricing.CompletionAudio},
}

// cachedOf is the kind of what of a modality came from a cache. Who has a price for video in it has that of text.
var cachedOf = [modalities]pricing.Kind{
	Unknown: pricing.PromptCacheRead, Text: pricing.PromptCacheRead, Image: pricing.PromptImageCacheRead,
	Audio: pricing.PromptAudioCacheRead, Video: pricing.PromptCacheRead,
}

// order is where parts of no modality are taken from.
var order = []Modality{Unknown, Text, Image, Audio, Video, Custom}

// division is a use being divided: what is left of the whole, of which parts are taken away.
type division struct {
	counts *Counts
	left   [modalities]float64
	of     [modalities]Slot // who tells of what is left
	leaves []Leaf
	doubt  Doubt
	short  bool // there was less than was to be taken
}

func (d *division) begin() {
	for m := range modalities {
		d.of[m] = SlotOf(Whole, m)
		d.left[m] = d.counts[d.of[m]]
	}
}

func (d *division) prompt() {
	d.inside()
	for _, m := range []Modality{Image, Audio, Video, Text, Custom} {
		d.take(cachedOf[m], SlotOf(CacheRead, m), m)
	}
	for m := range modalities {
		d.takeAny(pricing.PromptCacheWrite, SlotOf(CacheWrite, m))
		d.takeAny(pricing.PromptCacheWrite1h, SlotOf(CacheWrite1h, m))
	}
	d.takeUnclear(SlotOf(CacheRead, Unknown))
}

func (d *division) completion() {
	d.inside()
	for m := range modalities {
		d.takeAny(pricing.CompletionReasoning, SlotOf(Reasoning, m))
	}
}

// inside tells modalities apart where the whole is of all together.
func (d *division) inside() {
	for _, m := range order {
		slot := SlotOf(Inside, m)
		want := d.counts[slot]
		if want == 0 {
			continue
		}
		d.missing(d.draw(want, Unknown, Text))
		d.left[m] += want
		d.of[m] = slot
	}
}

// take makes a leaf of what is of one modality, be it that the whole says so or that it says nothing.
func (d *division) take(kind pricing.Kind, slot Slot, of Modality) {
	if want := d.counts[slot]; want > 0 {
		d.leaf(kind, slot, want, of, Unknown, Text)
	}
}

// takeAny makes a leaf that costs the same whatever it is of; what is left costs differently.
func (d *division) takeAny(kind pricing.Kind, slot Slot) {
	want := d.counts[slot]
	if want == 0 {
		return
	}
	d.doubtWhere(want)
	d.leaf(kind, slot, want, order...)
}

func (d *division) leaf(kind pricing.Kind, slot Slot, want float64, from ...Modality) {
	missing := d.draw(want, from...)
	d.missing(missing)
	d.leaves = append(d.leaves, Leaf{kind, want - missing, slot})
}

// takeUnclear makes leaves of what was read from a cache, of whatever modality.
func (d *division) takeUnclear(slot Slot) {
	want := d.counts[slot]
	d.doubtWhere(want)
	for _, m := range order {
		missing := d.draw(want, m)
		if taken := want - missing; taken > 0 {
			d.leaves = append(d.leaves, Leaf{cachedOf[m], taken, slot})
		}
		want = missing
	}
	d.missing(want)
}

// doubtWhere notes that it is open what something is taken from: there are several modalities, and it is not all of them.
func (d *division) doubtWhere(want float64) {
	total, kinds := 0.0, 0
	for m, left := range d.left {
		total += left
		if left > 0 && !(Modality(m) == Text && d.left[Unknown] > 0) {
			kinds++
		}
	}
	if want > 0 && want < total && kinds > 1 {
		d.doubt = Unclear
	}
}

// draw takes away from modalities, in their order, and returns what was missing.
func (d *division) draw(want float64, from ...Modality) (missing float64) {
	for _, m := range from {
		taken := min(want, d.left[m])
		d.left[m] -= taken
		want -= taken
	}
	return want
}

// missing notes what was not there to be taken. What is less than a billionth of a token is a rounding of somebody's.
func (d *division) missing(amount float64) {
	d.short = d.short || amount > 1e-9
}

// rest makes leaves of what is left.
func (d *division) rest(side Side) []Leaf {
	for m, left := range d.left {
		if left > 0 {
			d.leaves = append(d.leaves, Leaf{restOf[side][m], left, d.of[m]})
		}
	}
	return d.leaves
}
