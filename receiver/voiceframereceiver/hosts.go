package voiceframereceiver

import (
	"slices"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
)

// hosts are those of all pipelines that share the receiver: each has a component of its own to show the state of.
type hosts struct {
	mu   sync.Mutex
	all  []component.Host
	last *componentstatus.Event // nil while there was nothing to say
}

// add also tells a host that comes later what the others know.
func (h *hosts) add(host component.Host) {
	h.mu.Lock()
	h.all = append(h.all, host)
	last := h.last
	h.mu.Unlock()
	if last != nil {
		componentstatus.ReportStatus(host, last)
	}
}

func (h *hosts) report(event *componentstatus.Event) {
	h.mu.Lock()
	h.last = event
	all := slices.Clone(h.all)
	h.mu.Unlock()
	for _, host := range all {
		componentstatus.ReportStatus(host, event)
	}
}
