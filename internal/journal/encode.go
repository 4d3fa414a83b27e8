package journal

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// A record is one chunk of entries for each request that it holds. What is zero takes no room: a mask before each part says
// what follows. Integers are varints, texts have their length before them. A source that was named before in the chunk is
// named by its number, and moments count from the one before: both begin anew with each chunk, so that chunks can be put
// together as they are.

// What an entry has, one byte; a new bit needs a new version.
const (
	hasFrame = 1 << iota
	hasArrival
	hasID
	hasTime
	hasTrace
	hasRare // conversation and form
	hasEvents
	hasSentinels
)

// isNote is the mask of what is no entry: a note on the one before it.
const isNote = hasRare

// What an event has, beside its kind. The frequent ones come first, so that their mask is one byte.
const (
	hasSource = 1 << iota
	hasWhole  // the value is a whole number
	hasValue  // the value is not
	hasTokens
	hasName
	isCut
	isPaired
	hasOutcome
	isRunning
	isGrowing
	isPriced
	hasTerms
	hasNumber
	hasModels
	hasBegan
	isEcho
	eventMasks // one more than all of them
)

// Kinds and leaves are stored by their place here, since the vocabulary's own numbers move when a word is put between others.
// These lists only grow, at their ends.
var (
	kinds = []frame.Kind{
		0, frame.CallStarted, frame.CallHungUp, frame.CallEnded, frame.StartedUp, frame.TTFB, frame.Processing,
		frame.TokensUsed, frame.CharactersUsed, frame.AudioTranscribed, frame.RealtimeConnected, frame.TransportUsed,
		frame.PlatformUsed, frame.Charged, frame.UserStartedTalking, frame.UserStoppedTalking, frame.BotStartedTalking,
		frame.BotStoppedTalking, frame.Answered, frame.AnswerPart, frame.Interrupted, frame.TurnDone, frame.ToolCalled,
		frame.Failed,
	}
	leaves = []frame.Leaf{
		frame.PromptText, frame.PromptCacheRead, frame.PromptCacheWrite, frame.PromptCacheWrite1h, frame.PromptAudio,
		frame.PromptAudioCacheRead, frame.PromptImage, frame.PromptImageCacheRead, frame.PromptVideo, frame.CompletionText,
		frame.CompletionAudio, frame.CompletionReasoning, frame.Unsplit,
	}
	kindCodes = codes(kinds)
)

// codes is the inverse of such a list.
func codes[T ~uint8](list []T) (codes [math.MaxUint8 + 1]byte) {
	for i, word := range list {
		codes[word] = byte(i)
	}
	return codes
}

// maxSources is how many sources of a chunk are remembered.
const maxSources = 32

// encoder writes a chunk.
type encoder struct {
	buf     []byte
	moment  time.Time
	sources []frame.Source
}

// epoch is where the moments of a chunk begin.
var epoch = time.Unix(0, 0).UTC()

// encodeRecord leaves room for the seal.
func encodeRecord(r *Record) ([]byte, error) {
	const typical = 96 // bytes of an entry
	e := encoder{buf: make([]byte, sealSize, sealSize+typical*len(r.Entries)), moment: epoch}
	e.count(len(r.Entries) + notes(r.Entries))
	for i := range r.Entries {
		entry := &r.Entries[i]
		if entry.Frame != nil && call.KeyOf(entry.Frame) != r.Call {
			return nil, errForeign
		}
		e.entry(entry)
		if entry.Note != "" {
			e.byte(isNote)
			e.text(entry.Note)
		}
	}
	return e.buf, nil
}

// notes is how many entries have one.
func notes(entries []Entry) (n int) {
	for i := range entries {
		if entries[i].Note != "" {
			n++
		}
	}
	return n
}

func (e *encoder) entry(entry *Entry) {
	at := len(e.buf)
	e.byte(0)
	var mask byte
	if !same(entry.Arrival, e.moment) {
		mask |= hasArrival
		e.time(entry.Arrival)
		e.moment = entry.Arrival
	}
	if entry.Frame != nil {
		mask |= hasFrame | e.frame(entry.Frame)
	}
	e.buf[at] = mask
}

func (e *encoder) frame(f *frame.Frame) (mask byte) {
	if f.ID != 0 {
		mask |= hasID
		e.buf = binary.LittleEndian.AppendUint64(e.buf, uint64(f.ID))
	}
	if !f.Time.IsZero() {
		mask |= hasTime
		e.time(f.Time)
	}
	if !f.Trace.IsZero() {
		mask |= hasTrace
		e.buf = append(append(e.buf, f.Trace.TraceID[:]...), f.Trace.SpanID[:]...)
	}
	if f.Conversation != "" || f.Form != "" {
		mask |= hasRare
		e.text(f.Conversation)
		e.text(f.Form)
	}
	if f.Sentinels != 0 {
		mask |= hasSentinels
		e.integer(int64(f.Sentinels))
	}
	if len(f.Events) > 0 {
		mask |= hasEvents
		e.events(f.Events)
	}
	return mask
}

func (e *encoder) events(events []frame.Event) {
	e.count(len(events))
	for i := range events {
		e.event(&events[i])
	}
}

func (e *encoder) event(event *frame.Event) {
	e.byte(kindCodes[event.Kind])
	mask := maskOf(event)
	e.unsigned(mask)
	if mask&hasSource != 0 {
		e.source(event.Source)
	}
	if mask&hasWhole != 0 {
		e.integer(int64(event.Value))
	}
	if mask&hasValue != 0 {
		e.buf = binary.LittleEndian.AppendUint64(e.buf, math.Float64bits(event.Value))
	}
	if mask&hasTokens != 0 {
		e.tokens(&event.Tokens)
	}
	if mask&hasName != 0 {
		e.text(event.Name)
	}
	if mask&hasOutcome != 0 {
		e.text(event.Outcome)
	}
	e.rare(event, mask)
}

// rare is what few events have.
func (e *encoder) rare(event *frame.Event, mask uint64) {
	if mask&hasTerms != 0 {
		e.text(event.Terms.ServiceTier)
		e.text(event.Terms.Region)
		e.integer(event.Terms.Channels)
	}
	if mask&hasNumber != 0 {
		e.integer(int64(event.Number))
	}
	if mask&hasModels != 0 {
		e.count(len(event.Models))
		for _, model := range event.Models {
			e.source(model)
		}
	}
	if mask&hasBegan != 0 {
		e.time(event.Began)
	}
}

func maskOf(event *frame.Event) uint64 {
	whole := isWhole(event.Value)
	return bit(hasSource, event.Source != frame.Source{}) |
		bit(hasWhole, whole && event.Value != 0) |
		bit(hasValue, !whole) |
		bit(hasTokens, !event.Tokens.Zero()) |
		bit(hasName, event.Name != "") |
		bit(hasOutcome, event.Outcome != "") |
		bit(hasTerms, event.Terms != frame.Terms{}) |
		bit(hasNumber, event.Number != 0) |
		bit(hasModels, len(event.Models) > 0) |
		bit(hasBegan, !event.Began.IsZero()) |
		bit(isCut, event.Cut) | bit(isPaired, event.Paired) | bit(isRunning, event.Running) |
		bit(isGrowing, event.Growing) | bit(isPriced, event.Priced) | bit(isEcho, event.Echo)
}

func bit(mask uint64, set bool) uint64 {
	if set {
		return mask
	}
	return 0
}

// isWhole compares bits: a negative zero and what is no number are not whole.
func isWhole(value float64) bool {
	return math.Abs(value) < 1<<53 && math.Float64bits(float64(int64(value))) == math.Float64bits(value)
}

// source names a source by its number, from 1, or 0 and its words.
func (e *encoder) source(source frame.Source) {
	for i := range e.sources {
		if e.sources[i] == source {
			e.count(i + 1)
			return
		}
	}
	if len(e.sources) < maxSources {
		e.sources = append(e.sources, source)
	}
	e.count(0)
	e.text(string(source.Stage))
	e.text(source.Processor)
	e.text(source.Provider)
	e.text(source.Model)
}

func (e *encoder) tokens(tokens *frame.Tokens) {
	var mask uint64
	for code, leaf := range leaves {
		mask |= bit(1<<code, tokens[leaf] != 0)
	}
	e.unsigned(mask)
	for _, leaf := range leaves {
		if tokens[leaf] != 0 {
			e.integer(tokens[leaf])
		}
	}
}

// time is exact to the nanosecond for every time there is; differences of seconds wrap around, and back.
func (e *encoder) time(t time.Time) {
	e.integer(t.Unix() - e.moment.Unix())
	e.buf = binary.LittleEndian.AppendUint32(e.buf, uint32(t.Nanosecond())) // below 1e9
}

// same compares without the monotonic clock, which means nothing after a restart.
func same(a, b time.Time) bool { return a.Unix() == b.Unix() && a.Nanosecond() == b.Nanosecond() }

func (e *encoder) byte(b byte) { e.buf = append(e.buf, b) }

func (e *encoder) unsigned(n uint64) { e.buf = binary.AppendUvarint(e.buf, n) }

func (e *encoder) integer(n int64) { e.buf = binary.AppendVarint(e.buf, n) }

func (e *encoder) count(n int) { e.unsigned(uint64(n)) }

func (e *encoder) text(s string) {
	e.count(len(s))
	e.buf = append(e.buf, s...)
}
