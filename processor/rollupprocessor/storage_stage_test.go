package rollupprocessor

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/disktest"
)

var storageID = component.MustNewID("file_storage")

// newStored is a stage with a disk.
func newStored(t *testing.T, configure ...func(*Config)) *stage {
	t.Helper()
	return newStage(t, append(configure, func(c *Config) { c.Storage = &storageID })...)
}

// extended is a host with extensions.
type extended map[component.ID]component.Component

func (e extended) GetExtensions() map[component.ID]component.Component { return e }

func (s *stage) host() component.Host { return extended{storageID: s.disk} }

// crash ends the process in the middle of whatever it was, and starts it again on what is on the disk.
func (s *stage) crash() {
	s.Helper()
	s.abandon()
	require.NoError(s, s.start())
}

// abandon leaves the rollup to a disk and a sink that nobody looks at, where it comes to its end.
func (s *stage) abandon() {
	s.Helper()
	before := s.disk
	s.disk, s.sink = before.Copy(), &sink{refusal: s.sink.refusal}
	before.OnWrite(nil)
	_ = s.rollup.Shutdown(context.Background())
}

// restart ends the process as it should be, and starts it again. What is flushed at the end is not looked at.
func (s *stage) restart() {
	s.Helper()
	err := s.rollup.Shutdown(context.Background())
	require.ErrorIs(s, err, s.sink.refusal)
	s.sink.take()
	require.NoError(s, s.start())
}

// refused hands over points that the disk does not take.
func (s *stage) refused(want error, points ...in) {
	s.Helper()
	for _, p := range points {
		require.ErrorIs(s, s.rollup.ConsumeMetrics(context.Background(), p.metrics()), want)
	}
}

// instance is the service.instance.id of what leaves.
func (s *stage) instance() string { return s.intake().store.InstanceID() }

func (s *stage) logged(message string) int { return s.logs.FilterMessageSnippet(message).Len() }

// sameState requires that what is on disk leads to the state that is in memory, to the last bit.
func (s *stage) sameState() {
	s.Helper()
	want, err := s.intake().snapshot()
	require.NoError(s, err)
	other := &stage{T: s.T, cfg: s.cfg, disk: s.disk.Copy(), sink: &sink{}, telemetry: componenttest.NewTelemetry(), logger: zap.NewNop(), clock: s.clock}
	require.NoError(s, other.start())
	got, err := other.intake().snapshot()
	require.NoError(s, err)
	require.NoError(s, other.rollup.Shutdown(context.Background()))
	require.NoError(s, other.telemetry.Shutdown(context.Background()))
	assert.Equal(s, want, got)
}

// failing is a disk that fails all writes, or does them and says that it failed.
func failing(err error, done bool) func([]*storage.Operation) disktest.Fault {
	return func(ops []*storage.Operation) disktest.Fault {
		fault := disktest.Fault{Err: err}
		if done {
			fault.Done = len(ops)
		}
		return fault
	}
}

// gate holds up writes until it is opened.
type gate struct {
	waiting chan struct{} // has one for each write that waits
	open    chan struct{}
	once    sync.Once
}

func newGate() *gate { return &gate{waiting: make(chan struct{}, 1000), open: make(chan struct{})} }

func (g *gate) write(ops []*storage.Operation) disktest.Fault {
	g.waiting <- struct{}{}
	<-g.open
	return disktest.Fault{Done: len(ops)}
}

func (g *gate) lift() { g.once.Do(func() { close(g.open) }) }

// sameStateAfter lets what is owed be written first.
func (s *stage) sameStateAfter(p in) {
	s.Helper()
	s.take(p)
	s.sameState()
}
