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
	"github.com/otelcol-voice/otelcol-voice/internal/hosts"
	"github.com/otelcol-voice/otelcol-voice/internal/keep"
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
	toldLost  struct{ summaries, spans door.Seldom }
	givenUp   givenUp
	keeper    *keep.Keeper // nil without storage
	hosts     hosts.All

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
	calls := cfg.callConfig()
	calls.Mark = func() uint64 { return c.keeper.Mark() } // there is a keeper from the start on
	c.door = &door.Door{
		Calls:   call.NewTable(calls),
		Signals: signal.NewProducer(signal.Settings{Resource: resourceOf, MaxValues: cfg.MaxAttributeValues}),
		Outlet:  &c.outlet, Logger: set.Logger, Found: c.foundEnd,
		Keep: func(ctx context.Context, key call.Key, now time.Time) { c.keeper.End(ctx, key, now) },
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

// Start is called once for each pair of pipelines; the first call counts, and each host hears how it goes.
func (c *voiceConnector) Start(ctx context.Context, host component.Host) error {
	c.hosts.Add(host)
	c.startOnce.Do(func() {
		if c.startErr = c.start(ctx, host); c.startErr != nil {
			c.startErr = errors.Join(c.startErr, c.Shutdown(ctx))
		}
	})
	return c.startErr
}

// start opens the calls that were stored before anybody can add to them.
func (c *voiceConnector) start(ctx context.Context, host component.Host) error {
	if err := c.remember(ctx, host); err != nil {
		return err
	}
	if err := c.register(); err != nil {
		return err
	}
	lifetime, stop := context.WithCancel(context.Background())
	c.stop = stop
	ticker := c.clock.NewTicker(interval)
	c.running.Go(func() { c.keepHouse(lifetime, ticker) })
	return nil
}

// Shutdown is called once for each pair of pipelines; the first call, when no more spans come, counts. All that waits is taken. Calls
// that are stored go on after the next start; others make known what they hold back until their end, for they will not be seen again.
func (c *voiceConnector) Shutdown(ctx context.Context) error {
	c.stopOnce.Do(func() {
		defer c.forget()
		defer c.telemetry.Shutdown()
		c.stopErr = errors.Join(c.conclude(ctx), c.keeper.Close(ctx))
	})
	return c.stopErr
}

// conclude takes what waits, but not beyond ctx: a pipeline, the storage or a request that holds a call may hang. What goes on then comes
// to its own end.
func (c *voiceConnector) conclude(ctx context.Context) error {
	if c.stop != nil {
		c.stop()
	}
	done := make(chan error, 1)
	go func() {
		c.running.Wait()
		done <- c.giveUp(ctx, c.takeRest(ctx))
	}()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		err = c.giveUp(ctx, ctx.Err())
	}
	c.telemetry.traces(ctx, c.joiner.Found())
	return err
}

// takeRest takes what waits, and says why it could not. It begins nothing when there is no time.
func (c *voiceConnector) takeRest(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := c.clock.Now()
	err := c.deliver(ctx, c.joiner.Rest(), now)
	if c.keeper == nil {
		c.finish(ctx, now.Add(c.config.EndDelay))
		c.door.Settle(ctx)
	}
	return err
}

// foundEnd looks at the end of a call that had fallen silent.
func (c *voiceConnector) foundEnd(ctx context.Context, facts []call.Fact, now time.Time) {
	var s step
	s.facts(facts)
	c.found(ctx, &s.found, s.ended, now)
}
