package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
)

// Two versions, two environments and two scopes of one service, each of them fed by a receiver and a connector at the same
// moments: the backend has one scope and no version, refuses nothing, and has the sum.
func TestProducersOfOneService(t *testing.T) {
	b := backend.Start(t)
	s := simulate(t, func(ctx context.Context, md pmetric.Metrics) error { return exportTo(ctx, b, md) })
	environments := backend.Vector{}
	producers := producersOfOneService()
	for minute := range 10 {
		at := time.Duration(minute)*time.Minute + 3*time.Second
		s.until(at)
		var feeding sync.WaitGroup
		for n, by := range producers {
			reports := turns(n, minute, at)
			for _, r := range reports {
				s.ledger.book(r)
				for _, u := range r.uses {
					environments[backend.Labels("deployment_environment_name", by.environment())] += u.dollars
				}
			}
			feeding.Go(func() {
				for _, r := range reports {
					assert.NoError(t, s.cost.ConsumeMetrics(context.Background(), r.metrics(by, s.began)))
				}
			})
		}
		feeding.Wait()
	}
	s.until(s.flushed + flushEvery)
	s.assertTotals(b)
	query := "sum by (deployment_environment_name) (increase(voice_cost_usd_total" + s.window() + "))"
	assertVector(t, environments, b.Query(query, s.now()), query)
	assertAllTaken(t, b)
	require.NoError(t, s.stop())
}

func producersOfOneService() []producer {
	var all []producer
	for _, version := range []string{"1.2.3", "1.3.0"} {
		for _, environment := range []string{"prod", "staging"} {
			for _, scope := range []string{"receiver/voice_frame", "connector/voice_span"} {
				resource := []string{
					"deployment.environment.name", environment, "service.name", "voice-bot", "service.version", version,
				}
				all = append(all, producer{resource, scope})
			}
		}
	}
	return all
}

func (p producer) environment() string { return p.resource[1] }

// turns is what a producer says in a minute: of a call of its own, and of one that all of its service share.
func turns(producer, minute int, at time.Duration) []report {
	var all []report
	for _, call := range []string{"shared", fmt.Sprint("own-", producer)} {
		frame := fmt.Sprint(producer, "/", minute)
		all = append(all, report{at, call, frame, []use{
			{metric: "voice.calls.total", value: 1},
			{metric: "voice.session.duration.seconds", value: 60},
			tokensOf(languageModels[0], "prompt", "text", float64(100+minute)),
			tokensOf(languageModels[1], "completion", "text", float64(10+producer)),
			voices[0].used("voice.tts.characters.total", 48),
			ears[0].used("voice.stt.audio.seconds.total", 2.5),
			{metric: "voice.ttfb.milliseconds", value: 412, labels: []string{"stage", "llm", "provider", "openai", "model", "gpt-4o"}},
		}})
	}
	return all
}
