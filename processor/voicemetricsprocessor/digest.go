package voicemetricsprocessor

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// source is who reports a scope's points.
type source struct {
	resource pcommon.Resource
	scope    pcommon.InstrumentationScope
}

func (s source) digest() uint64 { return stream.Producer(s.resource, s.scope) }
