package voicemetricsprocessor

import (
	"github.com/google/uuid"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// callKeys are where a point or its resource names the call, in the order in which they are looked for. The vendors' ids of a
// session are those of its job or room.
var callKeys = []string{
	semconv.AttrCallID, "pipecatCallId", "conversation.id", semconv.GenAIConversation, "session.id",
	"job_id", "lk.job_id", "room_id", "call.id",
}

const (
	keyInstance = "service.instance.id"
	keyHost     = "host.name"
	// maxCallID is as long as a call's id may be, in bytes: one that is longer is none.
	maxCallID = 256
)

// callOf is the call that a point is about, or "" where nothing tells it. A point says it before its resource does, for a
// process may have several calls.
func callOf(point, resource pcommon.Map) string {
	for _, attributes := range []pcommon.Map{point, resource} {
		for _, key := range callKeys {
			if id := text(attributes, key); id != "" && len(id) <= maxCallID {
				return id
			}
		}
	}
	return instanceOf(resource)
}

// instanceOf is the instance's id where that can be the call's: bots that are one process for each call make one up.
func instanceOf(resource pcommon.Map) string {
	id := text(resource, keyInstance)
	if uuid.Validate(id) != nil || id == text(resource, keyHost) {
		return ""
	}
	return id
}

// text is the value of an attribute, or "" where it is none or no text.
func text(attributes pcommon.Map, key string) string {
	value, ok := attributes.Get(key)
	if !ok {
		return ""
	}
	return value.Str()
}

// textOf is the value of the first of the attributes that is there.
func textOf(attributes pcommon.Map, keys []string) string {
	for _, key := range keys {
		if value := text(attributes, key); value != "" {
			return value
		}
	}
	return ""
}
