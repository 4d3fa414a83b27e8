// Package hosts shows the state of a component that several pipelines share: each has an instance of its own to show it on.
package hosts

import (
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
)

// All are the hosts of all pipelines that share a component. It is safe for concurrent use, but not by a host that is being told.
type All struct {
	mu   sync.Mutex // held while a state is told, so that what a host hears last is what was said last
	all  []component.Host
	last *componentstatus.Event // nil while there was nothing to say
}

// Add also tells a host that comes later what the others know.
func (h *All) Add(host component.Host) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, host)
	if h.last != nil {
		componentstatus.ReportStatus(host, h.last)
	}
}

// Report tells all hosts. A fatal state ends the collector when the first host hears of it, and the next report of one would never
// return, nor the collector's shutdown: it is fatal to the last host alone, and to the others permanent.
func (h *All) Report(event *componentstatus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = event
	if event.Status() == componentstatus.StatusFatalError {
		h.last = componentstatus.NewPermanentErrorEvent(event.Err())
	}
	for i, host := range h.all {
		if i < len(h.all)-1 {
			componentstatus.ReportStatus(host, h.last)
		} else {
			componentstatus.ReportStatus(host, event)
		}
	}
}
