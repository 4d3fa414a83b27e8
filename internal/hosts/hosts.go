// Package hosts shows the state of a component that several pipelines share: each has an instance of its own to show it on.
package hosts

import (
	"slices"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
)

// All are the hosts of all pipelines that share a component. It is safe for concurrent use.
type All struct {
	mu   sync.Mutex
	all  []component.Host
	last *componentstatus.Event // nil while there was nothing to say
}

// Add also tells a host that comes later what the others know.
func (h *All) Add(host component.Host) {
	h.mu.Lock()
	h.all = append(h.all, host)
	last := h.last
	h.mu.Unlock()
	if last != nil {
		componentstatus.ReportStatus(host, last)
	}
}

// Report tells all hosts.
func (h *All) Report(event *componentstatus.Event) {
	h.mu.Lock()
	h.last = event
	all := slices.Clone(h.all)
	h.mu.Unlock()
	for _, host := range all {
		componentstatus.ReportStatus(host, event)
	}
}
