package call

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// The set does what a map does, with identities that are hashes and with ones that count up, and takes some out again.
func TestIDs(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for name, next := range map[string]func(i int) frame.ID{
		"hashes":   func(int) frame.ID { return frame.ID(random.Uint64N(1<<63)<<1 | 1) },
		"numbers":  func(i int) frame.ID { return frame.ID(i + 1) },
		"high":     func(i int) frame.ID { return frame.ID(i+1) << 48 },
		"repeated": func(int) frame.ID { return frame.ID(1 + random.IntN(500)) },
	} {
		var set ids
		model := map[frame.ID]bool{}
		for i := range 3000 {
			id := next(i)
			assert.Equal(t, !model[id], set.add(id), name)
			model[id] = true
		}
		assert.Equal(t, len(model), set.count, name)
		assert.LessOrEqual(t, len(set.slots)*4, max(8*4, len(model)*8), "at most 16 bytes an identity", name)

		var some []frame.ID
		for id := range model {
			if len(some) < len(model)/2 {
				some = append(some, id)
			}
		}
		set.remove(some)
		for _, id := range some {
			delete(model, id)
		}
		assert.Equal(t, len(model), set.count, name)
		for id := range model {
			assert.False(t, set.add(id), name)
		}
		for _, id := range some {
			assert.True(t, set.add(id), name)
		}
	}
}
