package voicespanconnector

import (
	"cmp"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/signal"
)

// An owner is whose calls these are: what a backend keeps of the resource that sent their spans, as one text. The calls of two
// bots are two, whatever they are called, so it is the tenant of a call.

const separator = "\x00"

// ownerOf is the owner of what a resource sent; service is for one without a name, or with the one that SDKs make up.
func ownerOf(resource pcommon.Resource, service string) string {
	var from signal.Resource
	var older string
	for key, value := range resource.Attributes().All() {
		if value.Type() != pcommon.ValueTypeStr {
			continue
		}
		switch key {
		case "service.name":
			from.Service = part(value)
		case "service.namespace":
			from.Namespace = part(value)
		case "deployment.environment.name":
			from.Environment = part(value)
		case "deployment.environment":
			older = part(value)
		}
	}
	if from.Service == "" || strings.HasPrefix(from.Service, "unknown_service") {
		from.Service = service
	}
	return from.Service + separator + from.Namespace + separator + cmp.Or(from.Environment, older)
}

// part is a text as it stands in an owner.
func part(value pcommon.Value) string {
	return strings.ReplaceAll(wire.Text(value.Str()), separator, "")
}

// resourceOf is what an owner stands for.
func resourceOf(owner string) signal.Resource {
	service, rest, _ := strings.Cut(owner, separator)
	namespace, environment, _ := strings.Cut(rest, separator)
	return signal.Resource{Service: service, Namespace: namespace, Environment: environment}
}
