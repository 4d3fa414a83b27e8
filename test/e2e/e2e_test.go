package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/ledger"
)

const (
	calls  = "testdata/calls.ndjson"
	totals = "testdata/ledger.json"
	rules  = "grafana/rules/voice.rules.yaml"

	cloudConfig = "config/collector.yaml"
	localConfig = "config/local.yaml"

	// quick lets a test see its numbers sooner; nothing else differs from what is shipped.
	quick = `{processors: {rollup: {interval: 200ms}}}`

	// precision is how close, relatively, a number has to be: sums of thousands of float64 differ by less.
	precision = 1e-9
)

func near(want, got float64) bool { return math.Abs(want-got) <= precision*math.Abs(want) }

// assertVector compares numbers by labels.
func assertVector(t *testing.T, want, got backend.Vector, what string) {
	t.Helper()
	var wrong []string
	for labels, value := range want {
		if found, exists := got[labels]; !exists || !near(value, found) {
			wrong = append(wrong, fmt.Sprintf("%s: want %v, got %v (found: %t)", labels, value, found, exists))
		}
	}
	for labels, value := range got {
		if _, exists := want[labels]; !exists {
			wrong = append(wrong, fmt.Sprintf("%s: nobody expects %v", labels, value))
		}
	}
	slices.Sort(wrong)
	assert.Empty(t, wrong, what)
}

// expected is the totals of a series name as the answer to a query that adds up by the same labels.
func expected(account ledger.Account) backend.Vector {
	vector := backend.Vector{}
	for _, total := range account.Totals {
		var labels []string
		for i, value := range total.Values {
			labels = append(labels, account.Labels[i], value)
		}
		vector[backend.Labels(labels...)] = total.Value
	}
	return vector
}

// assertLedger compares everything that the backend has with what it should have.
func assertLedger(t *testing.T, want ledger.Ledger, b *backend.Backend, at time.Time) {
	t.Helper()
	for _, name := range want.Names() {
		query := "sum by (" + strings.Join(want[name].Labels, ", ") + ") (" + name + ")"
		assertVector(t, expected(want[name]), b.Query(query, at), query)
	}
}

// awaitSums waits until the sums over each name are those of the ledger.
func awaitSums(t *testing.T, want ledger.Ledger, b *backend.Backend, names ...string) {
	t.Helper()
	if b.Await(func() bool {
		for _, name := range names {
			if got, _ := b.Value("sum("+name+")", time.Now()); !near(want.Sum(name), got) {
				return false
			}
		}
		return true
	}) {
		return
	}
	for _, name := range names {
		got, _ := b.Value("sum("+name+")", time.Now())
		assert.Equal(t, want.Sum(name), got, name)
	}
}

// lines reads the fixture: one JSON object a line.
func lines(t *testing.T) [][]byte {
	t.Helper()
	text, err := os.ReadFile(calls)
	require.NoError(t, err)
	return bytes.Split(bytes.TrimSpace(text), []byte("\n"))
}

func ndjson(messages [][]byte) []byte { return append(bytes.Join(messages, []byte("\n")), '\n') }

func array(messages [][]byte) []byte {
	return append(append([]byte{'['}, bytes.Join(messages, []byte(","))...), ']')
}

func zip(t *testing.T, body []byte) []byte {
	t.Helper()
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, err := w.Write(body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return zipped.Bytes()
}

// post posts a body of frames, all of which have to be taken.
func post(t *testing.T, c *collector.Collector, body []byte, encoding string, frames int) {
	t.Helper()
	status, answer := c.PostFrames(body, encoding)
	require.Equal(t, 200, status)
	require.Equal(t, collector.Answer{Accepted: frames, Rejected: answer.Rejected}, answer)
	require.Empty(t, answer.Rejected)
}

// What the log says of a backend that is away; nothing is lost then.
const (
	gatewayAway      = "The gateway does not take data for now"
	gatewayUnreached = "The gateway cannot be reached"
	// stoppedWaiting is of the exporter, which calls dropped what stays on the disk.
	stoppedWaiting = "interrupted due to shutdown"
)
