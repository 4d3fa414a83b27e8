package main

import (
	"context"
	"fmt"
	"math"

	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/metrics"
)

// await reads the page until it shows each call's whole duration, which is the last thing that a call reports.
func (d *demo) await(ctx context.Context, calls []demoCall) (metrics.Page, error) {
	var last metrics.Page
	err := poll(ctx, func() bool {
		current, err := metrics.Fetch(ctx, d.page)
		if err != nil {
			return false
		}
		last = current
		return shows(last, calls)
	})
	if err != nil {
		return nil, fmt.Errorf("%s does not show the calls: %w", d.page, err)
	}
	return last, nil
}

func shows(page metrics.Page, calls []demoCall) bool {
	for _, c := range calls {
		shown := page.Sum("voice_session_duration_seconds", metrics.Label{Name: "call_id", Value: c.id})
		if math.Abs(shown-c.duration) > 0.001 {
			return false
		}
	}
	return true
}
