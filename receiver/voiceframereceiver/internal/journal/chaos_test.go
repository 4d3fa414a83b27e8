package journal

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// storm is what writers know that they have written.
type storm struct {
	mu     sync.Mutex
	acked  map[string][]frame.ID // of each call, in an order that the journal may not have: writers are told side by side
	failed map[frame.ID]bool
}

func (s *storm) note(id string, ids []frame.ID, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range ids {
		s.failed[one] = err != nil
	}
	if err == nil {
		s.acked[id] = append(s.acked[id], ids...)
	}
}

// write appends to calls in turns. A frame's identity is its writer and its number, which grows.
func (s *storm) write(j *Journal, writer, calls, appends int) {
	for n := range appends {
		id := strconv.Itoa((writer + n) % calls)
		first := writer<<32 | 2*n
		err := j.Append(context.Background(), []Record{steps(id, first, first+1)})
		s.note(id, []frame.ID{frame.ID(first), frame.ID(first + 1)}, err)
	}
}

func idsOf(r Record) []frame.ID {
	ids := make([]frame.ID, len(r.Entries))
	for i, entry := range r.Entries {
		ids[i] = entry.Frame.ID
	}
	return ids
}

// ordered says whether the frames of each writer stand in the order in which it wrote them, each once.
func ordered(ids []frame.ID) bool {
	last := map[frame.ID]frame.ID{}
	for _, id := range ids {
		writer := id >> 32
		if before, any := last[writer]; any && before >= id {
			return false
		}
		last[writer] = id
	}
	return true
}

// TestManyWritersOnABadDisk fails every fourth write, half of those after it was done.
func TestManyWritersOnABadDisk(t *testing.T) {
	const writers, calls, appends = 64, 16, 40
	disk := newMemory()
	j, _ := start(t, disk)
	dice := rand.New(rand.NewPCG(3, 4))
	disk.fault = func() (before, after error) {
		switch dice.IntN(8) {
		case 0:
			return errDisk, nil
		case 1:
			return nil, errDisk
		}
		return nil, nil
	}
	s := storm{acked: map[string][]frame.ID{}, failed: map[frame.ID]bool{}}
	var all sync.WaitGroup
	for writer := range writers {
		all.Go(func() { s.write(j, writer, calls, appends) })
	}
	all.Wait()
	disk.fail(nil, nil)
	require.NoError(t, j.Close(context.Background()))

	_, found := start(t, disk)
	require.Len(t, found, calls)
	for _, r := range found {
		ids := idsOf(r)
		require.True(t, ordered(ids))
		var kept []frame.ID
		for _, id := range ids {
			if !s.failed[id] {
				kept = append(kept, id)
			}
		}
		require.ElementsMatch(t, s.acked[r.Call.ID], kept)
		require.LessOrEqual(t, len(ids)-len(kept), 2*writers, "only the last write of a call can be there without an answer")
	}
}

// TestOneWriterOnABadDisk forgets calls too, starts anew now and then, and knows exactly what must be there.
func TestOneWriterOnABadDisk(t *testing.T) {
	disk := newMemory()
	dice := rand.New(rand.NewPCG(5, 6))
	j, _ := start(t, disk)
	truth := map[string][]int{} // acknowledged
	for n := range 4000 {
		if dice.IntN(4) > 0 {
			disk.fail(nil, nil)
		} else if disk.fail(errDisk, nil); dice.IntN(2) > 0 {
			disk.fail(nil, errDisk)
		}
		id := strconv.Itoa(dice.IntN(12))
		switch dice.IntN(20) {
		case 0:
			disk.fail(nil, nil) // what a failed write did is known again after the next one only
			forget(t, j, "nobody", id)
			delete(truth, id)
			add(t, j, steps("marker", n))
			truth["marker"] = append(truth["marker"], n)
			if dice.IntN(4) == 0 {
				j = restarted(t, disk, truth)
			}
		default:
			if j.Append(context.Background(), []Record{steps(id, n)}) == nil {
				truth[id] = append(truth[id], n)
			}
		}
	}
}

// restarted also settles what was not acknowledged and is there: from then on it counts.
func restarted(t *testing.T, disk *memory, truth map[string][]int) *Journal {
	t.Helper()
	j, found := start(t, disk)
	require.Len(t, found, len(truth))
	for _, r := range found {
		ids := idsOf(r)
		want := truth[r.Call.ID]
		require.GreaterOrEqual(t, len(ids), len(want))
		require.LessOrEqual(t, len(ids), len(want)+1, "an unanswered write is the last of its call")
		for i, n := range want {
			require.Equal(t, frame.ID(n), ids[i])
		}
		if len(ids) > len(want) {
			truth[r.Call.ID] = append(want, int(ids[len(ids)-1]))
		}
	}
	return j
}
