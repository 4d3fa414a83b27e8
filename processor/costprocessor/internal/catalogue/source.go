package catalogue

import (
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/pricing/importer"
)

// Source is where prices come from.
type Source uint8

// The sources.
const (
	FromProgram Source = iota
	FromFiles
	FromAddress
	Sources // how many there are
)

var sourceNames = [Sources]string{FromProgram: "embedded", FromFiles: "file", FromAddress: "url"}

// String is the source as the attribute source writes it.
func (s Source) String() string { return sourceNames[s] }

// Outcome is what came of a look at a file or of a request.
type Outcome uint8

// The outcomes.
const (
	Loaded    Outcome = iota // there were other prices, and they are in the book
	Unchanged                // there was nothing else
	Failed                   // what there is cannot be used; what was there before is in the book
	Outcomes                 // how many there are
)

var outcomeNames = [Outcomes]string{Loaded: "loaded", Unchanged: "unchanged", Failed: "failed"}

// String is the outcome as the attribute outcome writes it.
func (o Outcome) String() string { return outcomeNames[o] }

// source is one layer of the book, and what is to take its place.
type source struct {
	kind Source
	name string // for messages

	layer pricing.Layer // in the book; nil as long as there is none
	since time.Time     // how old that is
	offer *offer        // what was read since and is not in the book, or nil

	trouble string // why the source is not as it should be; "" where it is
	renewed bool   // since the last outcome
}

// finding is what a source has that it did not have before: an offer or a trouble.
type finding struct {
	offer   *offer
	trouble *trouble
}

// offer is a layer that is not in the book.
type offer struct {
	layer pricing.Layer
	since time.Time
	notes importer.Notes // what of a catalogue of others is not in the layer
}

// accept makes what is offered the source's layer.
func (s *source) accept() {
	s.layer, s.since, s.offer, s.renewed = s.offer.layer, s.offer.since, nil, true
}

// outcome says what came of the source since it was last asked.
func (s *source) outcome() Outcome {
	renewed := s.renewed
	s.renewed = false
	switch {
	case s.trouble != "":
		return Failed
	case renewed:
		return Loaded
	}
	return Unchanged
}

// trouble is why a source cannot be used and what to do.
type trouble struct {
	error
	remedy string
	// kind is what tells the trouble from others, where its words may differ each time; else empty.
	kind string
}

func (t *trouble) identity() string {
	if t.kind != "" {
		return t.kind
	}
	return t.Error()
}

// take notes what is new at a source, if anything is.
func (c *Catalogue) take(s *source, found *finding) {
	if found == nil {
		return
	}
	s.offer = found.offer
	if found.trouble != nil {
		c.fail(s, found.trouble)
	}
}

// fail notes a source's trouble and logs it, unless it is the one of before.
func (c *Catalogue) fail(s *source, t *trouble) {
	if s.trouble == t.identity() {
		return
	}
	s.trouble = t.identity()
	c.Logger.Warn("prices could not be renewed; those of before stay in force",
		zap.Stringer("source", s.kind), zap.String("from", s.name),
		zap.String("error", brief(t)), zap.String("remedy", t.remedy))
}

// works notes that a source is as it should be.
func (c *Catalogue) works(s *source) {
	if s.trouble == "" {
		return
	}
	s.trouble = ""
	c.Logger.Info("prices can be renewed again", zap.Stringer("source", s.kind), zap.String("from", s.name))
}

// brief cuts an error of many lines: a file may be wrong in each of its rows.
func brief(err error) string {
	const most = 20
	lines := strings.SplitAfterN(err.Error(), "\n", most+1)
	if len(lines) <= most {
		return err.Error()
	}
	return strings.Join(lines[:most], "") + "and more"
}
