package door

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
)

func TestAgain(t *testing.T) {
	refused := errors.New("no")
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"taken":                        {nil, false},
		"refused":                      {refused, true},
		"cut off":                      {context.Canceled, true},
		"too many calls":               {call.ErrTooManyCalls, true},
		"for good":                     {consumererror.NewPermanent(refused), false},
		"for good, by somebody behind": {fmt.Errorf("processor: %w", consumererror.NewPermanent(refused)), false},
		"for good by two":              {errors.Join(consumererror.NewPermanent(refused), consumererror.NewPermanent(refused)), false},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, Again(test.err)) })
	}
}

// Whoever has nobody to report to has the signals handed on in the context that came in.
func TestUnreported(t *testing.T) {
	b := newBench(t)
	b.Outlet.Report = Unreported{}
	ctx := context.WithValue(context.Background(), underway{}, &operation{signal: "numbers"})
	batch := b.Signals.NewBatch()
	batch.Add([]call.Fact{{Kind: call.Opened}})
	lost, err := b.Outlet.Deliver(ctx, batch)
	require.NoError(t, err)
	require.NoError(t, lost)
	assert.Equal(t, [3]int{0, 0, 1}, b.received())

	assert.Equal(t, ctx, Unreported{}.StartTracesOp(ctx))
	assert.Equal(t, ctx, Unreported{}.StartLogsOp(ctx))
	Unreported{}.EndTracesOp(ctx, format, 1, nil)
	Unreported{}.EndLogsOp(ctx, format, 1, nil)
}

// What is empty is handed to nobody, and nobody is told of it.
func TestAnEmptyBatch(t *testing.T) {
	b := newBench(t)
	lost, err := b.Outlet.Deliver(context.Background(), b.Signals.NewBatch())
	require.NoError(t, err)
	require.NoError(t, lost)
	assert.Empty(t, b.begun)
}
