package voicemetricsprocessor

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

func TestCallOf(t *testing.T) {
	for name, tc := range map[string]struct {
		point, resource []any
		want            string
	}{
		"the point first":               {[]any{"room_id", "p"}, []any{"call_id", "r"}, "p"},
		"the resource":                  {nil, []any{"call.id", "c", "service.instance.id", callOne}, "c"},
		"a conversation before a room":  {[]any{"room_id", "r", "conversation.id", "c"}, nil, "c"},
		"a job before its room":         {[]any{"room_id", "r", "job_id", "j"}, nil, "j"},
		"an instance that is a UUID":    {nil, []any{"service.instance.id", callOne, "host.name", "h"}, callOne},
		"an instance that is a host":    {nil, []any{"service.instance.id", callOne, "host.name", callOne}, ""},
		"an instance that is named":     {nil, []any{"service.instance.id", "worker-7"}, ""},
		"nobody says":                   {[]any{"model_name", "m"}, []any{"service.name", "s"}, ""},
		"too long to be one":            {[]any{"call_id", strings.Repeat("x", 257), "room_id", "r"}, nil, "r"},
		"an empty one is none":          {[]any{"call_id", ""}, []any{"room_id", "r"}, "r"},
		"an instance of a point is not": {[]any{"service.instance.id", callOne}, nil, ""},
	} {
		point, resource := pcommon.NewMap(), pcommon.NewMap()
		putPairs(point, tc.point)
		putPairs(resource, tc.resource)
		assert.Equal(t, tc.want, callOf(point, resource), name)
	}
}
