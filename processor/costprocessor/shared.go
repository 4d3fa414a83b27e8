package costprocessor

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processorhelper"
)

// engines are the engines in use, one for each configuration: a processor that stands in several pipelines is configured
// once.
type engines struct {
	now func() time.Time

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
		if shared, err = newEngine(set, cfg, e.now); err != nil {
			return nil, err
		}
		if e.byConfig == nil {
			e.byConfig, e.users = map[*Config]*engine{}, map[*Config]int{}
		}
		e.byConfig[cfg] = shared
	}
	e.users[cfg]++
	return &engineUse{engine: shared, release: func() { e.release(cfg) }}, nil
}

// release takes one pipeline's use back; the last one shuts the engine down.
func (e *engines) release(cfg *Config) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.users[cfg]--
	if e.users[cfg] == 0 {
		e.byConfig[cfg].shutdown()
		delete(e.byConfig, cfg)
		delete(e.users, cfg)
	}
}

// engineUse is one pipeline's use of an engine.
type engineUse struct {
	engine  *engine
	release func()
	once    sync.Once
}

func (u *engineUse) options() []processorhelper.Option {
	return []processorhelper.Option{
		processorhelper.WithCapabilities(consumer.Capabilities{MutatesData: true}),
		processorhelper.WithStart(func(context.Context, component.Host) error { return u.engine.start() }),
		processorhelper.WithShutdown(func(context.Context) error {
			u.once.Do(u.release)
			return nil
		}),
	}
}
