package pricing

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Two rows of a layer that price both quantities of a pair would bill the use twice.
func TestSameUseTwiceIsRefused(t *testing.T) {
	const audio = `{models: [ear], usage: stt_audio_seconds, unit: minute, price: "0.01", per: "1"`
	for name, test := range map[string]struct {
		rows  string
		wrong bool
	}{
		"both":            {audio + `}, {models: [ear], usage: stt_session_seconds, unit: minute, price: "0.02", per: "1"}`, true},
		"one of a region": {audio + `}, {models: [ear], usage: stt_session_seconds, unit: minute, price: "0.02", per: "1", when: {region: eu}}`, true},
		"characters and tokens": {
			`{models: [ear], usage: characters, unit: character, price: "1", per: "1"}, {models: [ear], usage: completion.audio, unit: token, price: "1", per: "1"}`, true,
		},
		"tokens from the cache and the session": {
			`{models: [ear], usage: prompt.cache_read, unit: token, price: "1", per: "1"}, {models: [ear], usage: realtime_session_seconds, unit: hour, price: "1", per: "1"}`, true,
		},
		"of two models":       {audio + `}, {models: [ear2], usage: stt_session_seconds, unit: minute, price: "0.02", per: "1"}`, false},
		"of two tiers":        {audio + `, when: {service_tier: batch}}, {models: [ear], usage: stt_session_seconds, unit: minute, price: "0.02", per: "1"}`, false},
		"one after the other": {audio + `, effective_until: "2026-01-01T00:00:00Z"}, {models: [ear], usage: stt_session_seconds, unit: minute, price: "0.02", per: "1", effective_from: "2026-01-01T00:00:00Z"}`, false},
		"a glob for a voice and a mind": {
			`{models: ["*"], usage: characters, unit: character, price: "1", per: "1"}, {models: ["*"], usage: prompt.text, unit: token, price: "1", per: "1"}`, false,
		},
		"a glob for ears": {
			`{models: ["*"], usage: stt_audio_seconds, unit: second, price: "1", per: "1"}, {models: ["*"], usage: stt_session_seconds, unit: second, price: "1", per: "1"}`, true,
		},
		"one of them for nothing": {audio + `}, {models: [ear], usage: stt_session_seconds, unit: minute, price: "0", per: "1"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tryBook(`{provider: acme, rows: [` + test.rows + `]}`)
			if !test.wrong {
				require.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, "test.yaml: row 1")
			assert.ErrorContains(t, err, "test.yaml: row 2")
			assert.ErrorContains(t, err, "keep the one that the vendor bills")
		})
	}
	_, err := tryBook(`{provider: acme, rows: [`+audio+`}]}`,
		`{provider: acme, rows: [{models: [ear], usage: stt_session_seconds, unit: minute, price: "0.02", per: "1"}]}`)
	assert.NoError(t, err, "a later layer decides")
}
