package ident

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// MaxAttributes is how many attributes a point may have. A Prometheus-type backend takes 30 labels; far more than that
// is no metric but an attempt to keep us busy.
const MaxAttributes = 64

// Attributes of resources that we know (OpenTelemetry semantic conventions).
const (
	ServiceName       = "service.name"
	ServiceNamespace  = "service.namespace"
	ServiceInstanceID = "service.instance.id"

	environment       = "deployment.environment.name"
	environmentLegacy = "deployment.environment"
)

// Service is the part of a resource that stays a resource.
type Service struct{ Name, Namespace string }

// ServiceOf reads the service of a resource.
func ServiceOf(resource pcommon.Resource) Service {
	return Service{Name: text(resource, ServiceName), Namespace: text(resource, ServiceNamespace)}
}

// EnvironmentOf reads the deployment environment, by its name of today or its legacy one.
func EnvironmentOf(resource pcommon.Resource) string {
	return cmp.Or(text(resource, environment), text(resource, environmentLegacy))
}

func text(resource pcommon.Resource, key string) string {
	v, ok := resource.Attributes().Get(key)
	if !ok {
		return ""
	}
	return Text(v.AsString())
}

// Text is s, with the replacement character where it is not UTF-8: a Protobuf receiver refuses the whole request for one
// such text.
func Text(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// Nameable says whether a metric or a label can have that name. A Prometheus-type backend makes an underscore of all but
// ASCII letters and digits, and refuses the whole request for one name of underscores alone; a Protobuf receiver does for
// one that is not UTF-8.
func Nameable(name string) bool {
	for i := range len(name) {
		if alphanumeric(name[i]) {
			return utf8.ValidString(name)
		}
	}
	return false
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// canLabel says whether an attribute of that key can be a label. Those that a Prometheus-type backend sets itself (job and instance
// from the resource, le of buckets) it takes away from the point: series that differ in nothing else would be one, of which it
// keeps the first value alone.
func canLabel(key string) bool {
	switch key {
	case "job", "instance", "le", "__name__":
		return false
	default:
		return Nameable(key)
	}
}

// atBackend is a label's key as a Prometheus-type backend writes it: what is between letters and digits is one underscore. Series
// whose keys agree in that are one series there.
func atBackend(key string) string {
	var b strings.Builder
	between := false
	for i := range len(key) {
		switch {
		case alphanumeric(key[i]):
			b.WriteByte(key[i])
			between = false
		case !between:
			b.WriteByte('_')
			between = true
		}
	}
	return b.String()
}

// LosesLabels says whether one of the attributes can be no label, so that all its values are added up.
func LosesLabels(attributes pcommon.Map) bool {
	for key := range attributes.All() {
		if !canLabel(key) {
			return true
		}
	}
	return false
}

// View is what of a point's attributes makes its series: all that can be labels but the transit ones, call_id only
// where it is kept, and the environment of the resource unless the point names one itself.
type View struct {
	Attributes pcommon.Map
	Environment
	KeepCallID bool
}

// Environment is a deployment environment, with the digest of its label; empty: there is none.
type Environment struct {
	Name   string
	digest Digest
}

// Environment prepares a deployment environment for the points of its resource.
func (h *Hasher) Environment(name string) Environment {
	return Environment{Name: name, digest: h.key(environment).label.Then(h.Text(name))}
}

func (v View) keeps(key string) bool {
	if key == semconv.AttrCallID {
		return v.KeepCallID
	}
	return !strings.HasPrefix(key, semconv.TransitPrefix)
}

// CallID is the point's call where the series keeps it, else empty.
func (v View) CallID() string {
	if !v.KeepCallID {
		return ""
	}
	id, ok := v.Attributes.Get(semconv.AttrCallID)
	if !ok {
		return ""
	}
	return labelText(semconv.AttrCallID, id)
}

// labelText is the text of an attribute's value. Of a processor, it is the class alone: Pipecat counts instances
// (OpenAILLMService#57), and every new pipeline would be new series.
func labelText(key string, value pcommon.Value) string {
	text := Text(value.AsString())
	if key != semconv.AttrProcessor {
		return text
	}
	class, counter, found := strings.Cut(text, "#")
	if !found || class == "" || counter == "" || strings.Trim(counter, "0123456789") != "" {
		return text
	}
	return class
}

// Label is one label of a series.
type Label struct{ Key, Text string }

// Writer writes labels down, in shared memory: a million series have a few hundred keys, models and calls. It is not safe
// for concurrent use.
type Writer struct {
	known  map[string]string
	labels []Label // scratch
}

// maxKnown bounds what a Writer remembers. When it is reached texts are learnt anew: what is common comes back at once.
const maxKnown = 1 << 14

// Share is text, in the memory of an equal one where there is one.
func (w *Writer) Share(text string) string {
	if shared, ok := w.known[text]; ok {
		return shared
	}
	if w.known == nil || len(w.known) >= maxKnown {
		w.known = make(map[string]string)
	}
	w.known[text] = text
	return text
}

// Labels are the labels of the view, sorted by key.
func (w *Writer) Labels(v View) []Label {
	w.labels = w.labels[:0]
	for key, value := range v.Attributes.All() {
		if v.keeps(key) && canLabel(key) {
			w.add(key, labelText(key, value))
		}
	}
	w.add(environment, v.Environment.Name)
	slices.SortFunc(w.labels, func(a, b Label) int { return strings.Compare(a.Key, b.Key) })
	return slices.Clone(w.labels)
}

// add leaves out what has no text, and all but the first of a key.
func (w *Writer) add(key, text string) {
	known := slices.ContainsFunc(w.labels, func(l Label) bool { return l.Key == key })
	if text != "" && !known {
		w.labels = append(w.labels, Label{w.Share(key), w.Share(text)})
	}
}

func empty(v pcommon.Value) bool {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return v.Str() == ""
	case pcommon.ValueTypeEmpty:
		return true
	case pcommon.ValueTypeBytes:
		return v.Bytes().Len() == 0
	default:
		return false
	}
}
