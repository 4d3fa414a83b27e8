// Package ledger is what a fixture of calls must come to: for every series name the totals by labels, as a
// Prometheus-type backend stores them. gencalls writes one from its own arithmetic; tests compare.
package ledger

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Ledger is totals by the name of the series.
type Ledger map[string]Account

// Account is the totals of one name. Every total has the same labels; an empty value is a label that is not there.
type Account struct {
	Labels []string `json:"labels"`
	Totals []Total  `json:"totals"`
}

// Total is a number by the values of the labels, in the order of Account.Labels.
type Total struct {
	Values []string `json:"values"`
	Value  float64  `json:"value"`
}

// Load reads a ledger from a file.
func Load(tb testing.TB, path string) Ledger {
	tb.Helper()
	text, err := os.ReadFile(path)
	require.NoError(tb, err)
	var l Ledger
	require.NoError(tb, json.Unmarshal(text, &l), path)
	return l
}

// Names is the names of all series, sorted.
func (l Ledger) Names() []string { return slices.Sorted(maps.Keys(l)) }

// Sum adds up the totals of a name.
func (l Ledger) Sum(name string) float64 {
	var sum float64
	for _, total := range l[name].Totals {
		sum += total.Value
	}
	return sum
}

// By adds up the totals of a name by some of its labels. The values stand in the order of these.
func (l Ledger) By(name string, labels ...string) []Total {
	sums := map[string]*Total{}
	for _, total := range l[name].Totals {
		values := l[name].pick(total, labels)
		key := strings.Join(values, "\x00")
		if sums[key] == nil {
			sums[key] = &Total{Values: values}
		}
		sums[key].Value += total.Value
	}
	var all []Total
	for _, key := range slices.Sorted(maps.Keys(sums)) {
		all = append(all, *sums[key])
	}
	return all
}

func (a Account) pick(total Total, labels []string) []string {
	values := make([]string, len(labels))
	for i, label := range labels {
		values[i] = total.Values[slices.Index(a.Labels, label)]
	}
	return values
}
