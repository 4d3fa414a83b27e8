package backend_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
)

const shipped = "../../../grafana/rules/voice.rules.yaml"

func TestShippedRules(t *testing.T) {
	rules := backend.Start(t).LoadRules(shipped)
	assert.Equal(t, []string{"voice_cost_usd"}, rules.Recorded())
	assert.Equal(t, []string{"VoiceBotHighTTFB", "VoiceBotCostThreshold"}, rules.Alerts()[:2], "the guide's two come first")
}

// The alias makes the guide's query answer, and the alert fires above $10 in an hour and not below. What the guide's
// own alert says is shown beside it: at $15 an hour it is silent.
func TestCostRules(t *testing.T) {
	for _, test := range []struct {
		name    string
		perHour float64
		firing  bool
	}{
		{"$5 an hour", 5, false},
		{"$15 an hour", 15, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := backend.Start(t)
			for minute := range 60 {
				from, to := start.Add(time.Duration(minute)*time.Minute), start.Add(time.Duration(minute+1)*time.Minute)
				post(t, b, cost("llm", from, test.perHour*float64(minute)/60, to, test.perHour*float64(minute+1)/60))
			}
			at := start.Add(time.Hour)
			rules := b.LoadRules(shipped)
			rules.Evaluate(at)

			total, _ := b.Value("sum(voice_cost_usd)", at)
			assert.Equal(t, test.perHour, total)
			assert.Equal(t, test.firing, len(rules.Firing()["VoiceBotCostThreshold"]) == 1)
			_, found := b.Value("sum(rate(voice_cost_usd_total[1h])) > 10", at)
			assert.False(t, found, "the guide's alert is about dollars a second")
		})
	}
}
