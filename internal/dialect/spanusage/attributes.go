package spanusage

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// said is what the attributes of a span say.
type said struct {
	counts          counts
	characters      int64
	heard           float64
	operation, kind string
	request         string    // its type, by those who had conventions before there were any
	providers       [4]string // by every name that there is for it, the newest first
	answered        [2]string // model
	requested       [3]string // model; the last name does not tell which of the two it is
	tier, askedTier string
	server, region  string
	metrics         [MetricsRanks]string // JSON of LiveKit's, as in liveKitMetrics

	marked  bool
	told    bool // any usage
	counted bool // any by a single attribute
	broken  bool // a count is none
	paid    bool
	liveKit bool // its metrics are there
	alone   bool
	pipecat bool // its own names are there
}

// attribute takes an attribute. Most have names that mean nothing here, and many of these can be told by their first letter.
func (s *said) attribute(key string, value pcommon.Value) {
	if key == "" {
		return
	}
	switch key[0] {
	case 'g':
		if name, known := strings.CutPrefix(key, "gen_ai."); known {
			s.genAI(name, value)
		}
	case 'l':
		s.llmOrLiveKit(key, value)
	case 'a', 'c', 'm', 'o', 's', 't', 'v':
		s.other(key, value)
	}
}

func (s *said) llmOrLiveKit(key string, value pcommon.Value) {
	if name, known := strings.CutPrefix(key, "llm."); known {
		s.openInference(name, value)
	} else if name, known := strings.CutPrefix(key, "lk."); known {
		s.measured(name, value)
	}
}

// genAI takes an attribute of the conventions, in their newer and older names.
func (s *said) genAI(key string, value pcommon.Value) {
	if usage, isUsage := strings.CutPrefix(key, "usage."); isUsage {
		s.usage(usage, value)
		return
	}
	switch key {
	case "operation.name":
		s.operation = Text(value)
	case "span.kind":
		s.kind = Text(value)
	case "provider.name":
		s.providers[0] = name(value)
	case "system":
		s.providers[1] = name(value)
	case "response.model":
		s.answered[0] = name(value)
	case "request.model":
		s.requested[0] = name(value)
	case "response.service_tier", "openai.response.service_tier":
		s.tier = Text(value)
	case "request.service_tier", "openai.request.service_tier":
		s.askedTier = Text(value)
	}
}

func (s *said) usage(key string, value pcommon.Value) {
	switch key {
	case "cost.amount", "cost", "total_cost":
		s.pay(value)
		return
	}
	if count := s.counts.genAI(key); count != nil {
		s.count(count, value, frame.MaxTokens)
	}
}

// openInference takes an attribute of OpenInference, or of conventions before there were any.
func (s *said) openInference(key string, value pcommon.Value) {
	switch key {
	case "cost.total":
		s.pay(value)
	case "provider":
		s.providers[2] = name(value)
	case "system":
		s.providers[3] = name(value)
	case "response.model_name":
		s.answered[1] = name(value)
	case "request.model_name":
		s.requested[1] = name(value)
	case "model_name":
		s.requested[2] = name(value)
	case "request.type":
		s.request = Text(value)
	default:
		if count := s.counts.openInference(key); count != nil {
			s.count(count, value, frame.MaxTokens)
		}
	}
}

// measured takes LiveKit's metrics of what was done, of which a span has one. Those of a realtime model stand on the span of
// the whole turn, and are of the one response all the same.
func (s *said) measured(key string, value pcommon.Value) {
	rank := MetricsRank(key)
	if rank < 0 || value.Type() == pcommon.ValueTypeEmpty {
		return
	}
	s.told, s.liveKit = true, true
	s.alone = s.alone || rank == 0
	s.metrics[rank] = Text(value)
}

// MetricsRank is the place of an attribute (without "lk.") among those that have LiveKit's metrics, of which the first that is there is
// read; -1: it is none.
func MetricsRank(key string) int { return slices.Index(liveKitMetrics[:], key) }

// MetricsRanks is how many there are.
const MetricsRanks = len(liveKitMetrics)

var liveKitMetrics = [...]string{"realtime_model_metrics", "llm_metrics", "tts_metrics", "stt_metrics"}

var liveKitStages = []frame.Stage{frame.Realtime, frame.LLM, frame.TTS, frame.STT}

func (s *said) other(key string, value pcommon.Value) {
	switch key {
	case "metrics.character_count": // Pipecat
		s.pipecat = true
		s.count(&s.characters, value, frame.MaxCharacters)
	case "metrics.audio_seconds":
		s.pipecat = true
		if n, ok := s.amount(value, frame.MaxSeconds); ok {
			s.heard = n
		}
	case "metrics.ttfb", "metrics.processor":
		s.pipecat = true
	case "tokens.prompt":
		s.count(&s.counts.unheard.prompt, value, frame.MaxTokens)
	case "tokens.completion":
		s.count(&s.counts.unheard.completion, value, frame.MaxTokens)
	case "tokens.total":
		s.count(&s.counts.unheard.total, value, frame.MaxTokens)
	case "tts.character_count": // OpenInference
		s.count(&s.characters, value, frame.MaxCharacters)
	case "openinference.span.kind", "traceloop.span.kind":
		s.kind = Text(value)
	case "openai.response.service_tier":
		s.tier = Text(value)
	case "openai.request.service_tier":
		s.askedTier = Text(value)
	case "server.address":
		s.server = Text(value)
	case "cloud.region", "aws.region":
		s.region = Text(value)
	case "voice.cost.usd", "cost_complete", "operation.cost": // ours, and Logfire's
		s.pay(value)
	default:
		s.marked = s.marked || strings.HasPrefix(key, "voice.tx.")
	}
}

// pay notes that money is told. What it is does not matter: it passes as it is.
func (s *said) pay(value pcommon.Value) {
	s.paid = s.paid || value.Type() != pcommon.ValueTypeEmpty
}

// count takes a number of tokens or characters. Of two names for the same the larger counts: where they differ, that is the
// one that holds the cached tokens.
func (s *said) count(into *int64, value pcommon.Value, most float64) {
	if n, ok := s.amount(value, most); ok {
		s.broken = s.broken || n != math.Trunc(n)
		*into = max(*into, int64(n))
	}
}

// amount reads an amount. One that is none, or none that a report can mean, breaks the usage.
func (s *said) amount(value pcommon.Value, most float64) (n float64, ok bool) {
	if value.Type() == pcommon.ValueTypeEmpty {
		return 0, false
	}
	n, ok = Number(value)
	ok = ok && n >= 0 && n <= most
	s.told, s.counted, s.broken = true, true, s.broken || !ok
	return n, ok
}

// Number is a number in whatever form it is sent; it may be NaN. A text is one as people write it: neither hexadecimal nor with
// underscores, which are more often an id.
func Number(value pcommon.Value) (n float64, ok bool) {
	switch value.Type() {
	case pcommon.ValueTypeInt:
		return float64(value.Int()), true
	case pcommon.ValueTypeDouble:
		return value.Double(), true
	case pcommon.ValueTypeStr:
		text := value.Str()
		if strings.ContainsFunc(text, notDecimal) {
			return 0, false
		}
		n, err := strconv.ParseFloat(text, 64)
		return n, err == nil
	}
	return 0, false
}

func notDecimal(r rune) bool { return (r < '0' || r > '9') && !strings.ContainsRune("+-.eE", r) }

// name is a text that names somebody, unless it says that the sender does not know.
func name(value pcommon.Value) string {
	if name := Text(value); !strings.EqualFold(name, "unknown") {
		return name
	}
	return ""
}

// Text is a text, or "" for what is none.
func Text(value pcommon.Value) string {
	if value.Type() != pcommon.ValueTypeStr {
		return ""
	}
	return value.Str()
}
