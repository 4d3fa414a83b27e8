package report

import (
	"cmp"
	"math"
	"slices"

	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/metrics"
)

// Latency is the distribution of a latency, in milliseconds. All of a report have buckets of the same bounds, from the first to
// the last in which any of them has something.
type Latency struct {
	Name, Stage string
	Count       float64
	Mean        Mean
	Buckets     []Bucket
}

// Bucket is how many observations are above From and at most To.
type Bucket struct {
	From, To float64 // milliseconds; To may be +Inf
	Count    float64
}

// ModelLatency is the time to first byte of a model.
type ModelLatency struct {
	Stage, Model string // provider/model, or the provider alone
	Count        float64
	Mean         float64 // milliseconds
}

func latencies(page metrics.Page) []Latency {
	found := []Latency{
		latency("LLM, first token", "llm", page.Histogram(metricTTFB, stage("llm"))),
		latency("TTS, first audio", "tts", page.Histogram(metricTTFB, stage("tts"))),
		latency("STT, first word", "stt", page.Histogram(metricTTFB, stage("stt"))),
		latency("Realtime, first audio", "realtime", page.Histogram(metricTTFB, stage("realtime"))),
		latency("User stops, bot speaks", "turn", page.Histogram(metricTurnLatency)),
	}
	found = slices.DeleteFunc(found, func(l Latency) bool { return l.Count == 0 })
	return trim(found)
}

func stage(name string) metrics.Label { return metrics.Label{Name: "stage", Value: name} }

func latency(name, stage string, h metrics.Histogram) Latency {
	l := Latency{Name: name, Stage: stage, Count: h.Count, Mean: meanOf(h)}
	from := 0.0
	for _, b := range h.Buckets {
		l.Buckets = append(l.Buckets, Bucket{From: from, To: b.Bound, Count: b.Count})
		from = b.Bound
	}
	return l
}

// trim takes off the buckets at both ends that are empty in all.
func trim(all []Latency) []Latency {
	low, high := math.Inf(1), 0.0
	for _, l := range all {
		for _, b := range l.Buckets {
			if b.Count > 0 {
				low, high = min(low, b.From), max(high, b.To)
			}
		}
	}
	for i := range all {
		all[i].Buckets = slices.DeleteFunc(all[i].Buckets, func(b Bucket) bool { return b.From < low || b.To > high })
	}
	return all
}

// modelLatencies is by stage, the slowest first.
func modelLatencies(page metrics.Page) []ModelLatency {
	byModel := map[[2]string]metrics.Histogram{}
	for _, sample := range page.Samples(metricTTFB) {
		key := [2]string{metrics.Value(sample, "stage"), modelName(metrics.Value(sample, "provider"), metrics.Value(sample, "model"))}
		sum := byModel[key]
		sum.Count += float64(sample.GetHistogram().GetSampleCount())
		sum.Sum += sample.GetHistogram().GetSampleSum()
		byModel[key] = sum
	}
	var all []ModelLatency
	for key, h := range byModel {
		if mean, known := h.Mean(); known {
			all = append(all, ModelLatency{key[0], key[1], h.Count, mean})
		}
	}
	slices.SortFunc(all, func(a, b ModelLatency) int {
		return cmp.Or(cmp.Compare(rank(a.Stage), rank(b.Stage)), cmp.Compare(b.Mean, a.Mean), cmp.Compare(a.Model, b.Model))
	})
	return all
}

func rank(stage string) int { return slices.Index(order, stage) }

// modelName is provider/model, or what is known of it.
func modelName(provider, model string) string {
	if provider == "" || model == "" {
		return provider + model
	}
	return provider + "/" + model
}
