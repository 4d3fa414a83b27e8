package call

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Transactions work in the same room one after another: nothing of one is in the next, and one that is over changes nothing.
func TestRoomOfTransactions(t *testing.T) {
	table := NewTable(config)
	for range 3 {
		first, err := table.Begin(keys("a", "b"))
		require.NoError(t, err)
		first.Apply(&frame.Frame{CallID: "a", ID: 1, Time: began, Events: []frame.Event{characters(3)}}, began)
		first.Rollback()
		first.Rollback()

		second, err := table.Begin(keys("c"))
		require.NoError(t, err)
		require.Len(t, second.calls, 1)
		assert.Empty(t, second.ids())
		first.Commit()
		first.Rollback()
		facts, verdict := first.Apply(&frame.Frame{CallID: "c", ID: 2, Time: began}, began)
		assert.Empty(t, facts)
		assert.Zero(t, verdict)
		_, verdict = second.Apply(&frame.Frame{CallID: "a", ID: 1, Time: began}, began)
		assert.Zero(t, verdict, "a is none of its calls")
		_, verdict = second.Apply(&frame.Frame{CallID: "c", ID: 1, Time: began}, began)
		assert.Equal(t, Accepted, verdict)
		second.Rollback()
	}
	assert.Empty(t, table.calls)
}

// ids are the identities that the transaction has seen first.
func (tx *Tx) ids() (ids []frame.ID) {
	for i := range tx.calls {
		ids = append(ids, tx.calls[i].ids...)
	}
	return ids
}
