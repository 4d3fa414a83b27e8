package foreign

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// told is what points tell, by part and modality.
type told map[Part]map[Modality]float64

func (t told) counts() *Counts {
	var c Counts
	for part, of := range t {
		for modality, n := range of {
			c[SlotOf(part, modality)] = n
		}
	}
	return &c
}

func lines(leaves []Leaf) string {
	var texts []string
	for _, leaf := range leaves {
		texts = append(texts, fmt.Sprintf("%s %v", leaf.Kind, leaf.Amount))
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}

func TestSplit(t *testing.T) {
	for _, test := range []struct {
		name  string
		use   Use
		told  told
		want  string
		doubt Doubt
	}{
		{
			"a whole alone", prompt,
			told{Whole: {Unknown: 1000}},
			"prompt.text 1000", Certain,
		},
		{
			"nothing", prompt,
			told{Whole: {Unknown: 0}},
			"", Certain,
		},
		{
			"cached tokens are inside", prompt,
			told{Whole: {Text: 1000}, CacheRead: {Text: 400}, CacheWrite: {Text: 100}},
			"prompt.cache_read 400, prompt.cache_write 100, prompt.text 500", Certain,
		},
		{
			"all of it cached", prompt,
			told{Whole: {Text: 100, Audio: 50}, CacheRead: {Unknown: 150}},
			"prompt.audio_cache_read 50, prompt.cache_read 100", Certain,
		},
		{
			"the example of the conventions", prompt,
			told{Whole: {Text: 100, Image: 200}, CacheRead: {Unknown: 280}},
			"prompt.cache_read 100, prompt.image 20, prompt.image_cache_read 180", Unclear,
		},
		{
			"the same with modalities", prompt,
			told{Whole: {Text: 100, Image: 200}, CacheRead: {Text: 80, Image: 200}},
			"prompt.cache_read 80, prompt.image_cache_read 200, prompt.text 20", Certain,
		},
		{
			"modalities of what is cached only", prompt,
			told{Whole: {Unknown: 100}, CacheRead: {Audio: 30, Text: 20}},
			"prompt.audio_cache_read 30, prompt.cache_read 20, prompt.text 50", Certain,
		},
		{
			"unknown and text are text", prompt,
			told{Whole: {Unknown: 10, Text: 20}, CacheRead: {Unknown: 15}},
			"prompt.cache_read 10, prompt.cache_read 5, prompt.text 15", Certain,
		},
		{
			"audio inside", prompt,
			told{Whole: {Unknown: 132}, Inside: {Audio: 13}, CacheRead: {Unknown: 64}},
			"prompt.audio 13, prompt.cache_read 64, prompt.text 55", Unclear,
		},
		{
			"audio inside, more cached than text", prompt,
			told{Whole: {Unknown: 100}, Inside: {Audio: 80}, CacheRead: {Unknown: 50}},
			"prompt.audio 50, prompt.audio_cache_read 30, prompt.cache_read 20", Unclear,
		},
		{
			"written for an hour", prompt,
			told{Whole: {Unknown: 100}, CacheWrite: {Unknown: 20}, CacheWrite1h: {Unknown: 30}},
			"prompt.cache_write 20, prompt.cache_write_1h 30, prompt.text 50", Certain,
		},
		{
			"video", prompt,
			told{Whole: {Video: 100}, CacheRead: {Video: 40}},
			"prompt.cache_read 40, prompt.video 60", Certain,
		},
		{
			"a modality of somebody's own", prompt,
			told{Whole: {Custom: 100, Text: 5}},
			"other 100, prompt.text 5", Certain,
		},
		{
			"more cached than there is", prompt,
			told{Whole: {Unknown: 10}, CacheRead: {Unknown: 20}},
			"prompt.text 10", Impossible,
		},
		{
			"more cached and written than there is", prompt,
			told{Whole: {Unknown: 10}, CacheRead: {Unknown: 6}, CacheWrite: {Unknown: 6}},
			"prompt.text 10", Impossible,
		},
		{
			"more audio than there is", prompt,
			told{Whole: {Unknown: 10}, Inside: {Audio: 11}},
			"prompt.text 10", Impossible,
		},
		{
			"more audio cached than audio", prompt,
			told{Whole: {Audio: 10, Image: 10}, CacheRead: {Audio: 11}},
			"prompt.audio 10, prompt.image 10", Impossible,
		},
		{
			"reasoning is inside", completion,
			told{Whole: {Text: 300}, Reasoning: {Text: 256}},
			"completion.reasoning 256, completion.text 44", Certain,
		},
		{
			"speech", completion,
			told{Whole: {Unknown: 121}, Inside: {Audio: 91}},
			"completion.audio 91, completion.text 30", Certain,
		},
		{
			"speech and reasoning", completion,
			told{Whole: {Text: 50, Audio: 60}, Reasoning: {Unknown: 10}},
			"completion.audio 60, completion.reasoning 10, completion.text 40", Unclear,
		},
		{
			"pictures have no kind", completion,
			told{Whole: {Image: 7}},
			"other 7", Certain,
		},
		{
			"more reasoning than output", completion,
			told{Whole: {Text: 5}, Reasoning: {Text: 6}},
			"completion.text 5", Impossible,
		},
		{
			"alone", KindMeaning(pricing.Characters, false).Use,
			told{Whole: {Unknown: 7}},
			"characters 7", Certain,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			leaves, doubt := test.use.Split(test.told.counts())
			assert.Equal(t, test.want, lines(leaves))
			assert.Equal(t, test.doubt, doubt)
		})
	}
}

// Whatever is told, the leaves are what the wholes are, and none is less than nothing.
func FuzzSplit(f *testing.F) {
	f.Add(uint64(1), uint64(2), false)
	f.Fuzz(func(t *testing.T, seed, more uint64, fractions bool) {
		random := rand.New(rand.NewPCG(seed, more))
		checkSplit(t, random, fractions)
	})
}

func TestSplitKeepsTheWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	doubted := map[Doubt]int{}
	for i := range 20_000 {
		doubted[checkSplit(t, random, i%2 == 0)]++
	}
	for doubt := Certain; doubt <= Impossible; doubt++ {
		assert.Greater(t, doubted[doubt], 500, "the test tries little: %v", doubted)
	}
}

func checkSplit(t *testing.T, random *rand.Rand, fractions bool) Doubt {
	t.Helper()
	var c Counts
	for slot := range c {
		if random.IntN(4) > 0 {
			continue
		}
		most := 50
		if Slot(slot).Part() == Whole {
			most = 1000
		}
		c[slot] = float64(random.IntN(most))
		if fractions {
			c[slot] *= 0.1
		}
	}
	use := []Use{prompt, completion}[random.IntN(2)]
	leaves, doubt := use.Split(&c)
	want, got := 0.0, 0.0
	for _, n := range c.Wholes() {
		want += n
	}
	for _, leaf := range leaves {
		assert.Positive(t, leaf.Amount)
		got += leaf.Amount
	}
	assert.LessOrEqual(t, math.Abs(want-got), 1e-12*want, "%v is divided into %v", c, leaves)
	return doubt
}

func TestModalityNamed(t *testing.T) {
	for word, want := range map[string]Modality{
		"": Unknown, "unknown": Unknown, "text": Text, "image": Image, "audio": Audio, "video": Video, "smell": Custom,
	} {
		assert.Equal(t, want, ModalityNamed(word))
	}
}
