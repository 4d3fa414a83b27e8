package voiceframereceiver

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// orders are how many orders of each call are tried. A failure names its seed.
const orders = 25

// relayed is the messages as a relay passes them on that dates what has no time: RTVI's have no identity otherwise, and two
// alike are two.
func relayed(messages []said) []said {
	dated := strings.NewReplacer(
		`{"label":"rtvi-ai",`, `{"label":"rtvi-ai","timestamp":$s,`,
		`{\"label\":\"rtvi-ai\",`, `{\"label\":\"rtvi-ai\",\"timestamp\":$s,`,
		`{"type":"StartFrame","llm`, `{"type":"StartFrame","timestamp":$s,"llm`,
	)
	messages = slices.Clone(messages)
	for i := range messages {
		messages[i].message = dated.Replace(messages[i].message)
	}
	return messages
}

// deliver posts messages in their order, in requests of random size, each when all of it has happened.
func (b *bench) deliver(t *testing.T, random *rand.Rand, messages []said) map[string]float64 {
	for len(messages) > 0 {
		n := 1 + random.IntN(min(len(messages), 10))
		var lines []string
		for _, m := range messages[:n] {
			moment := now.Add(time.Duration(m.at) * time.Millisecond)
			lines = append(lines, m.sentAt(moment))
			b.clock.Advance(max(moment.Sub(b.clock.Now()), 0))
		}
		status, answer := b.post("/v1/frames/c1", strings.Join(lines, "\n"))
		require.Equal(t, http.StatusOK, status, answer)
		require.Contains(t, answer, `"rejected":[]`)
		messages = messages[n:]
	}
	b.silence()
	return b.details()
}

// inOrder are the totals of messages as they were said, each alone.
func inOrder(t *testing.T, messages []said) map[string]float64 {
	b := newBench(t, nil)
	b.play(t, messages)
	return b.details()
}

// inSomeOrder checks that the totals of the messages in random orders are what is wanted, as far as they are compared.
func inSomeOrder(
	t *testing.T, messages []said, want map[string]float64, compare func(name string) bool,
	shuffle func(*rand.Rand, []said) []said,
) {
	without := func(totals map[string]float64) map[string]float64 {
		totals = maps.Clone(totals)
		maps.DeleteFunc(totals, func(name string, _ float64) bool { return !compare(name) })
		return totals
	}
	require.NotEmpty(t, without(want))
	for seed := range uint64(orders) {
		random := rand.New(rand.NewPCG(seed, 11))
		b := newBench(t, nil)
		got := b.deliver(t, random, shuffle(random, slices.Clone(messages)))
		require.Equal(t, without(want), without(got), "seed %d", seed)
		require.Equal(t, 1, b.logs.LogRecordCount(), "seed %d", seed)
	}
}

func everything(string) bool { return true }

// repeat inserts copies of messages anywhere behind their originals.
func repeat(random *rand.Rand, messages []said) []said {
	for range random.IntN(len(messages)) {
		from := random.IntN(len(messages))
		to := from + 1 + random.IntN(len(messages)-from)
		messages = slices.Insert(messages, to, messages[from])
	}
	return messages
}

// permute shuffles what stands between the first and the last message.
func permute(random *rand.Rand, messages []said) []said {
	permuteAll(random, messages[1:len(messages)-1])
	return messages
}

func permuteAll(random *rand.Rand, messages []said) []said {
	random.Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })
	return messages
}

// Any repetition of what a call says, and any way to spread it over requests, gives all the same totals.
func TestRepetitionsAndSplitsInEveryDialect(t *testing.T) {
	for dialect, messages := range sameCall {
		t.Run(dialect, func(t *testing.T) {
			messages := relayed(messages)
			inSomeOrder(t, messages, inOrder(t, messages), everything, repeat)
		})
	}
}

// bySpeech are the totals that depend on who is heard to speak when, and so on the order in which that is told: turns, their
// latency, interruptions, and the latencies of answers, of which those of an interrupted one are left out.
var bySpeech = regexp.MustCompile(`^voice\.(turn|interruptions|(ttfb|processing)\.milliseconds (llm|tts))`)

// toldTwice are those that depend on which of two messages comes first that tell the same: LiveKit's latencies, by metrics
// that name the model and by messages that do not.
var toldTwice = regexp.MustCompile(`^voice\.ttfb`)

// Any permutation that keeps a call's first message (its defaults) and last (its end) gives the same usage by model, open time,
// duration, latencies of speech recognition, processing, tools and errors. What is left out, and why, bySpeech and toldTwice
// say; TestPermutationsWithoutSpeech has the latencies.
func TestPermutationsInEveryDialect(t *testing.T) {
	for dialect, messages := range sameCall {
		t.Run(dialect, func(t *testing.T) {
			messages := relayed(messages)
			inSomeOrder(t, messages, inOrder(t, messages), func(name string) bool {
				echoed := strings.HasPrefix(dialect, "LiveKit") && toldTwice.MatchString(name)
				return !bySpeech.MatchString(name) && !echoed
			}, permute)
		})
	}
}

// ofSpeech are the messages that say who speaks, and those that tell of an answer as a whole.
var ofSpeech = regexp.MustCompile(`[Ss]peaking|_speech_|user_turn_|[Ii]nterrupt(ion|ed["F])|state_changed|conversation_item_added`)

// Of a bot that does not say who speaks, latencies are the same in any order as well: no one knows of an interruption but
// those that the latency itself names (LiveKit's cancelled, our own interrupted).
func TestPermutationsWithoutSpeech(t *testing.T) {
	for dialect, messages := range sameCall {
		t.Run(dialect, func(t *testing.T) {
			last := len(messages) - 1
			messages := slices.DeleteFunc(relayed(messages), func(m said) bool {
				return m.at > 0 && m.at < messages[last].at && ofSpeech.MatchString(m.message)
			})
			if strings.HasPrefix(dialect, "LiveKit") { // whose delay of the transcript names no model
				messages[0].message = `{"type":"StartFrame","timestamp":$s,"stt_provider":"deepgram","stt_model":"nova-3"}`
			}
			want := inOrder(t, messages)
			assert.NotContains(t, want, "voice.interruptions.total")
			latencies := 4.0
			if dialect == "voice" || strings.HasPrefix(dialect, "LiveKit") {
				latencies = 3
			}
			assert.Equal(t, latencies, want["voice.ttfb.milliseconds llm openai gpt-4o count"])
			inSomeOrder(t, messages, want, everything, permute)
		})
	}
}

// If messages name their models, usage is the same in any order at all, also of what comes after the end. Open time is not: it
// follows from the call's duration, which nothing changes after the end. RTVI's tokens name no model; our own messages need not
// and here do.
func TestFullPermutationsInEveryDialect(t *testing.T) {
	named := strings.NewReplacer(
		`"type":"voice.stt"`, `"type":"voice.stt","provider":"deepgram","model":"nova-3"`,
		`"type":"voice.tts"`, `"type":"voice.tts","provider":"cartesia","model":"sonic-3"`,
		`"ttfb_ms":390`, `"ttfb_ms":390,"provider":"openai","model":"gpt-4o"`,
		`"processing_ms":500`, `"processing_ms":500,"provider":"openai","model":"gpt-4o"`,
		`"ttfb_ms":412`, `"ttfb_ms":412,"provider":"openai","model":"gpt-4o"`,
		`"ttfb_ms":150`, `"ttfb_ms":150,"provider":"openai","model":"gpt-4o"`,
	)
	used := regexp.MustCompile(`^voice\.(llm\.tokens|tts\.characters|stt\.audio)`)
	for dialect, messages := range sameCall {
		if dialect == "RTVI" {
			continue
		}
		t.Run(dialect, func(t *testing.T) {
			messages := slices.Clone(messages)
			for i := range messages {
				messages[i].message = named.Replace(messages[i].message)
			}
			inSomeOrder(t, messages, totalsIn(dialect), used.MatchString, permuteAll)
		})
	}
}

// Snapshots of requests that go on, of two vendors and two models of one, count once in any order, within the seconds for which
// a request is remembered.
func TestPermutationsOfSnapshots(t *testing.T) {
	messages := []said{{0, `{"type":"StartFrame","timestamp":$s}`}}
	for request, by := range []struct{ processor, model string }{
		{"NvidiaLLMService#0", "llama"}, {"NvidiaLLMService#1", "nemotron"}, {"NovitaLLMService#0", "llama"}, {"NvidiaLLMService#0", "llama"},
	} {
		for part := range 4 {
			messages = append(messages, said{1000 + 1500*request + 300*part, fmt.Sprintf(
				`{"type":"MetricsFrame","timestamp":$s,"data":[{"type":"LLMUsageMetricsData","processor":%q,"model":%q,`+
					`"value":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}}]}`,
				by.processor, by.model, 100+request, 10*(part+1), 110+request+10*part)})
		}
	}
	messages = append(messages, said{8000, `{"type":"EndFrame","timestamp":$s}`})
	want := map[string]float64{
		"voice.llm.tokens.total nvidia llama prompt text": 100 + 103, "voice.llm.tokens.total nvidia llama completion text": 80,
		"voice.llm.tokens.total nvidia nemotron prompt text": 101, "voice.llm.tokens.total nvidia nemotron completion text": 40,
		"voice.llm.tokens.total novita llama prompt text": 102, "voice.llm.tokens.total novita llama completion text": 40,
	}
	tokens := func(name string) bool { return strings.HasPrefix(name, "voice.llm.tokens") }
	inSomeOrder(t, messages, want, tokens, permute)
	inSomeOrder(t, messages, want, tokens, func(random *rand.Rand, messages []said) []said {
		return permute(random, repeat(random, messages))
	})
}
