package call

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// rollbacks are the calls that the property is tried with.
const rollbacks = 100

// babble makes frames up that hang together in nothing, of all that a state keeps in lists: echoes, listeners, operations, totals
// and what is credited from them, snapshots, models, forms, parts of answers, steps of a start.
type babble struct{ *rand.Rand }

func (b babble) chance() bool { return b.IntN(2) == 0 }

// source is one of a few, so that some meet again; it may leave out who it is.
func (b babble) source() frame.Source {
	stages := []frame.Stage{frame.STT, frame.STT, frame.LLM, frame.TTS, frame.Realtime}
	source := frame.Source{Stage: stages[b.IntN(len(stages))]}
	if b.IntN(5) > 0 {
		source.Provider = fmt.Sprintf("provider%d", b.IntN(3))
		source.Model = fmt.Sprintf("model%d", b.IntN(3))
	}
	return source
}

func (b babble) event() frame.Event {
	event := frame.Event{Source: b.source(), Value: float64(1 + b.IntN(500)), Echo: b.chance(), Cut: b.IntN(4) == 0}
	switch b.IntN(12) {
	case 0, 1:
		event.Kind = frame.TTFB
	case 2:
		event.Kind = frame.Processing
	case 3:
		event.Kind, event.Source.Stage, event.Running = frame.AudioTranscribed, frame.STT, b.chance()
	case 4:
		event.Kind, event.Source.Stage, event.Running = frame.CharactersUsed, frame.TTS, b.chance()
	case 5:
		event.Kind, event.Growing, event.Running = frame.TokensUsed, b.chance(), b.IntN(3) == 0
		event.Tokens = prompt(int64(1+b.IntN(3)), int64(b.IntN(90)))
	case 6:
		event.Kind, event.Models = frame.CallStarted, []frame.Source{b.source(), b.source()}
		event.Began = began.Add(-time.Duration(b.IntN(60)) * time.Second)
	case 7:
		event.Kind, event.Name = frame.AnswerPart, "part"
	case 8:
		event.Kind, event.Name = frame.StartedUp, "step"
	case 9:
		event.Kind, event.Name, event.Outcome = frame.ToolCalled, "f", "completed"
	default:
		talk := []frame.Kind{
			frame.UserStartedTalking, frame.UserStoppedTalking, frame.BotStartedTalking, frame.BotStoppedTalking,
			frame.Interrupted, frame.Answered, frame.TurnDone, frame.Charged,
		}
		event.Kind, event.Number = talk[b.IntN(len(talk))], b.IntN(3*missable)*b.IntN(2)
	}
	return event
}

// frames are at moments of one minute, in order or not.
func (b babble) frames(first, count int) []frame.Frame {
	frames := make([]frame.Frame, count)
	for i := range frames {
		frames[i] = frame.Frame{
			CallID: "c1", ID: frame.ID(first + i), Time: began.Add(time.Duration(b.IntN(600)) * 100 * time.Millisecond),
			Form:  []string{"frames", "records", ""}[b.IntN(3)],
			Trace: frame.Trace{TraceID: [16]byte{byte(1 + b.IntN(4))}, SpanID: [8]byte{1}},
		}
		for range 1 + b.IntN(3) {
			frames[i].Events = append(frames[i].Events, b.event())
		}
	}
	return frames
}

// A request that is refused and sent again, and others that are refused beside it, leave the facts and the state that the
// accepted one alone makes: nothing that the state refers to is written to before it is true. What is refused is not what is
// accepted, so that a list that both share shows it.
func TestRefusedRequestsLeaveNothing(t *testing.T) {
	for seed := range uint64(rollbacks) {
		b := babble{rand.New(rand.NewPCG(seed, 13))}
		quiet, disturbed := NewTable(tracing), NewTable(tracing)
		for request := range 30 {
			frames := b.frames(1+10*request, 1+b.IntN(4))
			name := fmt.Sprintf("seed %d, request %d", seed, request)
			for _, refused := range [][]frame.Frame{frames, b.frames(1_000_000, 1+b.IntN(6)), b.frames(2_000_000, 1)} {
				send(t, disturbed, refused, (*Tx).Rollback)
			}
			send(t, disturbed, nil, func(tx *Tx) { tx.Settle(); tx.Rollback() })
			want, wanted := send(t, quiet, frames, (*Tx).Commit)
			got, verdicts := send(t, disturbed, frames, (*Tx).Commit)
			require.Equal(t, wanted, verdicts, name)
			require.Equal(t, want, got, name)
			require.Equal(t, quiet.calls[Key{ID: "c1"}].state, disturbed.calls[Key{ID: "c1"}].state, name)
			require.Equal(t, summaryOf(t, quiet), summaryOf(t, disturbed), name)
		}
	}
}

// summaryOf is what would follow if the call ended now, which it does not.
func summaryOf(t *testing.T, table *Table) []Fact {
	tx, err := table.Begin(keys("c1"))
	require.NoError(t, err)
	defer tx.Rollback()
	return tx.Expire(began.Add(time.Hour))
}

// lists are those of a state whose changes make a new list, with the room behind them: not even there may a copy write. (The
// others only grow at their end, and copies share that room.)
func lists(s *state) []any {
	return []any{
		whole(s.models), whole(s.listeners.list), whole(s.echoes), whole(s.forms), whole(s.spans.operations),
		whole(s.reports.singles), whole(s.reports.requests), whole(s.reports.totals), whole(s.reports.credits),
	}
}

func whole[S ~[]E, E any](list S) S { return slices.Clone(list[:cap(list)]) }

// What a transaction stages is not seen by the state before it, whatever becomes of it: not in what the state holds, nor in the
// room behind its lists.
func TestStagingWritesNothingOfTheState(t *testing.T) {
	for seed := range uint64(rollbacks) {
		b := babble{rand.New(rand.NewPCG(seed, 17))}
		lived, twin := NewTable(tracing), NewTable(tracing)
		frames := b.frames(1, 40)
		for _, table := range []*Table{lived, twin} {
			for i := range frames {
				send(t, table, frames[i:i+1], (*Tx).Commit)
			}
		}
		tx, err := lived.Begin(keys("c1"))
		require.NoError(t, err)
		before := lists(&lived.calls[Key{ID: "c1"}].state)
		staged := b.frames(1_000_000, 20)
		for i := range staged {
			tx.Apply(&staged[i], staged[i].Time)
		}
		tx.Expire(began.Add(time.Hour))
		require.Equal(t, twin.calls[Key{ID: "c1"}].state, lived.calls[Key{ID: "c1"}].state, "seed %d", seed)
		require.Equal(t, before, lists(&lived.calls[Key{ID: "c1"}].state), "seed %d", seed)
		tx.Rollback()
	}
}
