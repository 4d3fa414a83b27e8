package grafanacloudextension

import (
	"context"
	"net/http"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"
	"go.uber.org/zap"
)

// lookEvery is how often credential files are looked at. Looking is reading: that sees what a Kubernetes secret, a bind mount or
// a network file system does not notify of.
const lookEvery = 10 * time.Second

const (
	lineRotated    = "The credential files have changed. The new credential is in use"
	lineNotRotated = "The credential files have changed and cannot be used. The former credential stays in use"
)

// secrets holds the credential in use. It is safe for concurrent use.
type secrets struct{ current atomic.Pointer[credentials] }

func holding(c credentials) *secrets {
	s := &secrets{}
	s.current.Store(&c)
	return s
}

func (s *secrets) headers() http.Header { return s.current.Load().headers }

// watcher follows the files that hold the credential.
type watcher struct {
	config  *Config
	secrets *secrets
	clock   clockwork.Clock
	logger  *zap.Logger
	changed func() // after the credential in use has become another
	failed  string // what was wrong when last looked, "" if nothing
}

// run looks until ctx ends.
func (w *watcher) run(ctx context.Context) {
	ticker := w.clock.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.Chan():
			w.look()
		}
	}
}

// look takes a new credential into use. One that cannot work is told once and does not replace one that may.
func (w *watcher) look() {
	found := examine(w.config)
	err := joined(found.errs)
	switch {
	case err != nil:
		if w.failed != err.Error() {
			w.failed = err.Error()
			w.logger.Error(lineNotRotated, zap.Error(err))
		}
	case reflect.DeepEqual(found.credentials, *w.secrets.current.Load()):
		w.failed = ""
	default:
		w.failed = ""
		w.secrets.current.Store(&found.credentials)
		w.logger.Info(lineRotated, instanceField(found.credentials)...)
		warn(w.logger, found.warnings)
		w.changed()
	}
}

func instanceField(c credentials) []zap.Field {
	if id := c.pair.instanceID(); id != "" {
		return []zap.Field{zap.String("instance_id", id)}
	}
	return nil
}
