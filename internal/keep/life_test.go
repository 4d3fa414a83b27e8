package keep

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/journal"
	"github.com/otelcol-voice/otelcol-voice/internal/keep/keeptest"
)

var (
	noon      = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	storageID = component.MustNewID("file_storage")
)

func key(id string) call.Key { return call.Key{Tenant: "acme", ID: id} }

// counter is one that can be read.
type counter struct {
	noop.Int64Counter
	n atomic.Int64
}

func (c *counter) Add(_ context.Context, n int64, _ ...metric.AddOption) { c.n.Add(n) }

// life is a table of two calls at most that are kept on a disk.
type life struct {
	keeper  *Keeper
	calls   *call.Table
	disk    *keeptest.Disk
	host    *keeptest.Host
	errors  counter
	damaged counter
}

func begin(t *testing.T, disk *keeptest.Disk) *life {
	l := &life{disk: disk, host: &keeptest.Host{Extensions: map[component.ID]component.Component{storageID: disk}}}
	var err error
	l.keeper, err = Open(context.Background(), l.host, Settings{
		Storage: storageID, Kind: component.KindReceiver, ID: component.MustNewID("voice_frame"), Logger: zap.NewNop(),
		Errors: &l.errors, Damaged: &l.damaged, Report: l.host.Report,
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.keeper.Close(context.Background()) })
	l.calls = call.NewTable(call.Config{IdleTimeout: time.Minute, Remember: time.Hour, MaxCalls: 2, Mark: l.keeper.Mark})
	require.NoError(t, l.keeper.Resume(context.Background(), l.calls, nil))
	return l
}

// crash is the next life, without an end to this one.
func (l *life) crash(t *testing.T) *life { return begin(t, l.disk.Copy()) }

// take takes a call through a step and keeps it.
func (l *life) take(t *testing.T, id string, kind frame.Kind) {
	tx, err := l.calls.Begin([]call.Key{key(id)})
	require.NoError(t, err)
	f := frame.Frame{Tenant: "acme", CallID: id, ID: frame.ID(kind), Events: []frame.Event{{Kind: kind}}}
	facts, _ := tx.Apply(&f, noon)
	steps := l.keeper.Steps()
	steps.Add(key(id), journal.Entry{Frame: &f, Arrival: noon})
	steps.Facts(facts)
	l.keeper.Append(context.Background(), steps)
	tx.Commit()
}

// observe is what a component does from time to time.
func (l *life) observe() { l.keeper.Forget(context.Background(), l.calls.Forget(noon)) }
