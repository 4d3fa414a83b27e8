package voicespanconnector

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/join"
	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/nest"
	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/door"
	"github.com/otelcol-voice/otelcol-voice/internal/signal"
)

// voiceConnector is one table of calls, shared by the pipelines that name it.
type voiceConnector struct {
	config    *Config
	settings  connector.Settings
	clock     clockwork.Clock
	started   time.Time
	outlet    door.Outlet
	door      *door.Door
	joiner    *join.Joiner
	nest      *nest.Nest
	courses   courses
	endings   endings
	witnesses *witnesses
	telemetry *selfTelemetry
	requests  sync.Pool
	toldLost  struct{ summaries, spans seldom }

	startOnce, stopOnce sync.Once
	startErr, stopErr   error
	stop                context.CancelFunc
	running             sync.WaitGroup
	forget              func()
}

// maxNested is how many spans are remembered for what spans in and around them tell, in each of two generations.
const maxNested = 100_000

func newConnector(set connector.Settings, cfg *Config, clock clockwork.Clock, forget func()) (*voiceConnector, error) {
	telemetry, err := newSelfTelemetry(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	c := &voiceConnector{
		config: cfg, settings: set, clock: clock, started: clock.Now(), forget: forget, telemetry: telemetry,
		outlet: door.Outlet{Report: door.Unreported{}},
		joiner: join.New(cfg.joinConfig()),
		nest:   nest.New(maxNested), witnesses: newWitnesses(),
		requests: sync.Pool{New: func() any { return newRequest() }},
	}
	c.door = &door.Door{
		Calls:   call.NewTable(cfg.callConfig()),
		Signals: signal.NewProducer(signal.Settings{Resource: resourceOf, MaxValues: cfg.MaxAttributeValues}),
		Outlet:  &c.outlet, Logger: set.Logger, Found: c.foundEnd,
	}
	return c, nil
}

// tap is the connector as one pair of pipelines sees it. Spans come to each tap; one of them takes them, for all.
type tap struct {
	*voiceConnector
	signal pipelineSignal
}

type pipelineSignal uint8

const (
	toMetrics pipelineSignal = iota
	toLogs
)

// Capabilities says that spans are only read.
func (*tap) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

// ConsumeTraces takes spans, unless another tap does.
func (t *tap) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	if t.signal == toLogs && t.outlet.Metrics != nil {
		return nil
	}
	return t.consume(ctx, td)
}

// Start is called once for each pair of pipelines; the first call counts.
func (c *voiceConnector) Start(context.Context, component.Host) error {
	c.startOnce.Do(func() {
		lifetime, stop := context.WithCancel(context.Background())
		c.stop = stop
		ticker := c.clock.NewTicker(interval)
		c.running.Go(func() { c.keepHouse(lifetime, ticker) })
		c.startErr = c.register()
	})
	return c.startErr
}

// Shutdown is called once for each pair of pipelines; the first call, when no more spans come, counts. All that waits is taken, and
// open calls make known what they hold back until their end; they will not be seen again.
func (c *voiceConnector) Shutdown(ctx context.Context) error {
	c.stopOnce.Do(func() {
		defer c.forget()
		defer c.telemetry.Shutdown()
		if c.stopErr = c.halt(ctx); c.stopErr != nil {
			return
		}
		now := c.clock.Now()
		c.deliver(ctx, c.joiner.Rest(), now)
		c.finish(ctx, now.Add(c.config.EndDelay))
		c.door.Settle(ctx)
		if waiting := c.joiner.Held(); waiting > 0 {
			c.stopErr = errors.New("spans that waited for a pipeline are lost: it refused them to the last")
		}
		c.telemetry.traces(ctx, c.joiner.Found())
	})
	return c.stopErr
}

// halt waits until the housekeeping is over, but not beyond ctx.
func (c *voiceConnector) halt(ctx context.Context) error {
	if c.stop == nil {
		return nil
	}
	c.stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.running.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// foundEnd looks at the end of a call that had fallen silent.
func (c *voiceConnector) foundEnd(ctx context.Context, facts []call.Fact, now time.Time) {
	var s step
	s.facts(facts)
	c.found(ctx, &s.found, s.ended, now)
}
