//go:build unix

package socketbench

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/meter"
)

// BenchmarkParts is what BenchmarkSocket's voice_frame is made of, each part alone: finding the messages in a body of 100
// frames, decoding them (strict: where an escape keeps them from being clear at a glance), and making data points equal to
// those that leave. What remains of voice_frame without http, split, decode and pdata is the call table, the facts and the
// answer.
func BenchmarkParts(b *testing.B) {
	const frames = 100
	bot := newBot(frames)
	points := emitted(b, bot)
	limits := dialect.Limits{Messages: 10_000, Depth: 32}
	messages, err := dialect.Split(bot.body, limits)
	require.NoError(b, err)
	require.Len(b, messages, frames)

	part(b, fmt.Sprintf("split/%d", frames), frames, func() error {
		_, err := dialect.Split(bot.body, limits)
		return err
	})
	part(b, fmt.Sprintf("decode/%d", frames), frames, func() error { return decode(messages) })
	for i := range messages {
		messages[i].Raw = bytes.Replace(messages[i].Raw, []byte("MetricsFrame"), []byte(`Metrics\u0046rame`), 1)
	}
	part(b, fmt.Sprintf("strict/%d", frames), frames, func() error { return decode(messages) })
	part(b, fmt.Sprintf("pdata/%d", frames), frames, func() error {
		points.CopyTo(pmetric.NewMetrics())
		return nil
	})
}

func decode(messages []dialect.Message) error {
	var decoder dialect.Decoder
	for _, message := range messages {
		if _, _, err := decoder.Decode(message.Raw, ""); err != nil {
			return err
		}
	}
	return nil
}

// part measures work on so many frames.
func part(b *testing.B, name string, frames int, work func() error) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		cost := meter.Start()
		for b.Loop() {
			if err := work(); err != nil {
				b.Fatal(err)
			}
		}
		cost.Report(b, b.N*frames, "frame")
	})
}
