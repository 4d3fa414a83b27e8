package pricing

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/agnivade/levenshtein"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is nearest takes as few changes as anything: nothing was passed over too early.
func TestNothingIsNearer(t *testing.T) {
	random := rand.New(rand.NewPCG(15, 16))
	b := embedded(t, nil)
	var ids []string
	for _, v := range b.vendors {
		for id, p := range v.products {
			if !p.glob {
				ids = append(ids, id)
			}
		}
	}
	for range 200 {
		name := []byte(ids[random.IntN(len(ids))])
		for range random.IntN(5) {
			name[random.IntN(len(name))] = "abc-4ü"[random.IntN(6)]
		}
		model := fold(strings.ToValidUTF8(string(name), "ü"))
		least := len(model)/2 + 1
		for _, id := range ids {
			least = min(least, levenshtein.ComputeDistance(model, id))
		}
		near := b.Nearest("", model)
		if near == "" {
			require.Equalf(t, len(model)/2+1, least, "%s has something near", model)
			continue
		}
		_, id, _ := strings.Cut(near, "/")
		require.Equalf(t, least, levenshtein.ComputeDistance(model, id), "%s is not nearest to %s", id, model)
	}
}

// An id of the same provider is meant more likely than one of another; where it has none, another one's may help.
func TestNearestOfTheSameProvider(t *testing.T) {
	b := bookOf(t,
		unit("acme", map[string]string{"talk-2-large": "1"}),
		unit("beta", map[string]string{"talk-3": "1", "sing-1": "1", "talk-*": "1"}))
	assert.Equal(t, "acme/talk-2-large", b.Nearest("acme", "talk-2-lurge"))
	assert.Equal(t, "beta/talk-3", b.Nearest("beta", "talk-4"))
	assert.Equal(t, "beta/sing-1", b.Nearest("acme", "sing-2"))
	assert.Equal(t, "beta/talk-3", b.Nearest("nobody", "talk-4"))
}

func TestBookIsSafeForConcurrentUse(t *testing.T) {
	b := embedded(t, nil)
	usages := priced(b)
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for i := range usages {
				u := usages[(i*7+worker)%len(usages)]
				u.Quantity = count(1_000_000)
				result := b.Price(&u)
				assert.Equal(t, Priced, result.Reason)
				if i%50 == 0 {
					assert.Equal(t, result.USD, *b.Explain(&u).USD)
				}
				b.ChangesAfter(&u, today)
			}
		})
	}
	group.Wait()
}

// A provider is named only where the name nearly says so.
func TestNearestProvider(t *testing.T) {
	b := embedded(t, nil)
	for name, want := range map[string]string{
		"eleven": "elevenlabs", "ElevenLab": "elevenlabs", "deepgramm": "deepgram", "deepgram-eu": "deepgram", "opnai": "openai",
		"acme": "", "gpt": "", "ai": "", "": "", strings.Repeat("openai", 100): "",
	} {
		assert.Equal(t, want, b.NearestProvider(name), name)
	}
}
