package voicespanconnector

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Many senders at once, each sending everything twice, half of them in the other order, while time goes by, count what one does.
func TestConcurrentSenders(t *testing.T) {
	const senders, calls = 8, 10
	b := newBench(t, nil)
	var sending sync.WaitGroup
	for sender := range senders {
		sending.Go(func() {
			for call := range calls {
				spans := pipecatCall(1+call*senders+sender, fmt.Sprintf("c%d-%d", sender, call))
				for i := range spans {
					if sender%2 == 1 {
						i = len(spans) - 1 - i
					}
					assert.NoError(t, b.try(spans[i]))
				}
				assert.NoError(t, b.try(spans...))
			}
		})
	}
	sending.Go(func() {
		for range 50 {
			b.pass(0)
		}
	})
	sending.Wait()
	b.pass(b.config.EndDelay)
	want := map[string]float64{}
	for name, value := range pipecatTotals {
		want[name] = value * senders * calls
	}
	require.InDeltaMapValues(t, want, b.totals(), 1e-6)
	assert.Equal(t, senders*calls, b.logs.LogRecordCount())
}
