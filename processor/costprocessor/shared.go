package costprocessor

import (
	"context"
	"sync"

	"github.com/jonboulle/clockwork"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processorhelper"
)

// engines are the engines in use, one for each configuration: a processor that stands in several pipelines is configured
// once.
type engines struct {
	clock clockwork.Clock

	mu       sync.Mutex
	byConfig map[*Config]*engine
	users    map[*Config]int
}

// use returns a configuration's engine, for one pipeline.
func (e *engines) use(set processor.Settings, cfg *Config) (*engineUse, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	shared := e.byConfig[cfg]
	if shared == nil {
		var err error
		if shared, err = newEngine(set, cfg, e.clock); err != nil {
			return nil, err
		}
		if e.byConfig == nil {
			e.byConfig, e.users = map[*Config]*engine{}, map[*Config]int{}
		}
		e.byConfig[cfg] = shared
	}
	e.users[cfg]++
	return &engineUse{engine: shared, release: func(ctx context.Context) error { return e.release(ctx, cfg) }}, nil
}

// release takes one pipeline's use back; the last one shuts the engine down.
func (e *engines) release(ctx context.Context, cfg *Config) error {
	if unused := e.giveBack(cfg); unused != nil {
		return unused.shutdown(ctx)
	}
	return nil
}

// giveBack returns the engine if nobody uses it any more.
func (e *engines) giveBack(cfg *Config) *engine {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.users[cfg]--
	if e.users[cfg] > 0 {
		return nil
	}
	unused := e.byConfig[cfg]
	delete(e.byConfig, cfg)
	delete(e.users, cfg)
	return unused
}

// engineUse is one pipeline's use of an engine.
type engineUse struct {
	engine  *engine
	release func(context.Context) error
	once    sync.Once
}

func (u *engineUse) options() []processorhelper.Option {
	return []processorhelper.Option{
		processorhelper.WithCapabilities(consumer.Capabilities{MutatesData: true}),
		processorhelper.WithStart(u.engine.start),
		processorhelper.WithShutdown(u.shutdown),
	}
}

func (u *engineUse) shutdown(ctx context.Context) (err error) {
	u.once.Do(func() { err = u.release(ctx) })
	return err
}
