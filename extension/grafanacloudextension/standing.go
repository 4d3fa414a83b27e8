package grafanacloudextension

import (
	"errors"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// The lines of the log. Meaning and remedy follow as fields.
const (
	lineRefused = "The gateway refuses data. It is kept and sent again for as long as the exporter's retry_on_failure and queue allow"
	lineWaiting = "The gateway does not take data for now. It is kept and sent again for as long as the exporter's retry_on_failure and queue allow"
	lineAgain   = "The gateway accepts data again. What was kept is being sent"
	lineLost    = "The gateway refuses data for good. The exporter drops it"
	linePartial = "The gateway accepts data but for a part. That part is lost"
)

// trouble is why a source cannot get its data accepted.
type trouble struct {
	verdict
	line string
	// lasting says that it stays until somebody mends it; what passes by itself does not take its place.
	lasting bool
}

// standing is how the extension stands with the gateway, put together from its sources: each keeper, and the preflight. A
// cause is told once, however many sources have it, and so is its end. It is safe for concurrent use.
type standing struct {
	logger *zap.Logger
	apply  string // how a mended credential takes effect

	mu      sync.Mutex
	host    component.Host // nil before the start
	prober  any            // a source that asks, for metrics, only now and then, or nil
	proved  func()         // tells it that metrics have got through; does not wait
	current map[any]trouble
	said    map[string]bool // losses that were told
}

func newStanding(logger *zap.Logger, apply string) *standing {
	return &standing{logger: logger, apply: apply, current: map[any]trouble{}, said: map[string]bool{}}
}

// meet makes the host known to whom the status is reported.
func (s *standing) meet(host component.Host) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.host = host
}

// asks makes a source known that need not ask any more once another has got metrics through.
func (s *standing) asks(prober any, proved func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prober, s.proved = prober, proved
}

// fails notes a source's trouble.
func (s *standing) fails(source any, t trouble, fields ...zap.Field) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, failing := s.current[source]
	if failing && (old.verdict == t.verdict || old.lasting && !t.lasting) {
		return
	}
	known := s.shared(t.verdict)
	s.current[source] = t
	if known {
		return
	}
	level := zapcore.WarnLevel
	if t.lasting {
		level = zapcore.ErrorLevel
	}
	s.logger.Log(level, t.line, append(s.explained(t.verdict), fields...)...)
	s.report(componentstatus.NewRecoverableErrorEvent(errors.New(t.meaning + ". Remedy: " + s.remedy(t.verdict))))
}

// succeeds notes that a source has got through.
func (s *standing) succeeds(source any, sent signal, fields ...zap.Field) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, failing := s.current[s.prober]; failing && sent == metrics {
		s.proved()
	}
	old, failing := s.current[source]
	if !failing {
		return
	}
	s.leave(source)
	if !s.shared(old.verdict) {
		s.logger.Info(lineAgain, fields...)
	}
}

// clears is succeeds for a source that has a line of its own for its success. It reports whether there was trouble.
func (s *standing) clears(source any) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, failing := s.current[source]
	s.leave(source)
	return failing
}

func (s *standing) leave(source any) {
	delete(s.current, source)
	if len(s.current) == 0 {
		s.report(componentstatus.NewEvent(componentstatus.StatusOK))
	}
}

// loses tells of data that is lost, once for each cause and signal: counters tell how much.
func (s *standing) loses(line string, level zapcore.Level, lost signal, v verdict, fields ...zap.Field) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := string(lost) + v.meaning
	if s.said[key] {
		return
	}
	s.said[key] = true
	s.logger.Log(level, line, append(s.explained(v), append(fields, zap.String("signal", string(lost)))...)...)
}

// shared reports whether any source has a trouble.
func (s *standing) shared(v verdict) bool {
	for _, t := range s.current {
		if t.verdict == v {
			return true
		}
	}
	return false
}

func (s *standing) explained(v verdict) []zap.Field {
	return []zap.Field{zap.String("meaning", v.meaning), zap.String("remedy", s.remedy(v))}
}

// remedy is what to do, and how that takes effect.
func (s *standing) remedy(v verdict) string {
	if v.mend {
		return v.remedy + s.apply
	}
	return v.remedy
}

func (s *standing) report(event *componentstatus.Event) {
	if s.host != nil {
		componentstatus.ReportStatus(s.host, event)
	}
}
