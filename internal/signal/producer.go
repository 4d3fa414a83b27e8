package signal

import (
	"sync/atomic"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// Settings are what all signals of a producer have in common.
type Settings struct {
	// Service is their service.name.
	Service string
	// Resource, if set, says where the signals of a call belong, by its tenant: then a batch has several resources, Service
	// is not used, and the trace is the bots' own, who make its spans.
	Resource func(tenant string) Resource
	// TenantAttribute is the attribute that says whose call it is; empty: none does. It must be none of semconv's.
	TenantAttribute string
	// MaxValues is how many different values an attribute that bots fill in freely (models, processors, functions, tenants)
	// may have; what comes beyond is "other". 0: no bound.
	MaxValues int
}

// Resource is what a backend keeps of where signals come from. Empty fields are unknown.
type Resource struct {
	Service, Namespace, Environment string
}

func (r Resource) put(attrs pcommon.Map) {
	attrs.PutStr(attrServiceName, r.Service)
	put(attrs, attrServiceNamespace, r.Namespace)
	put(attrs, attrEnvironment, r.Environment)
}

const (
	attrServiceName      = "service.name"
	attrServiceNamespace = "service.namespace"
	attrEnvironment      = "deployment.environment.name"
)

// Producer makes the signals of one receiver or connector, in batches. It is safe for concurrent use.
type Producer struct {
	settings Settings
	// sequence numbers the points of all batches.
	sequence atomic.Uint64
	values   [vocabularies]vocabulary
}

// NewProducer makes a producer.
func NewProducer(settings Settings) *Producer {
	p := &Producer{settings: settings}
	for i := range p.values {
		p.values[i].limit = settings.MaxValues
	}
	return p
}

// Replaced is how often a value was written as "other" since the start, by attribute: provider, model, processor,
// function_name, category, tenant (whatever TenantAttribute calls it). A value that is on a point, a span and a summary
// counts three times.
func (p *Producer) Replaced() map[string]int64 {
	counts := make(map[string]int64, vocabularies)
	for of := range p.values {
		counts[vocabularyNames[of]] = p.values[of].replaced.Load()
	}
	return counts
}

// resource is where the signals of a tenant's calls belong.
func (p *Producer) resource(tenant string) Resource {
	if p.settings.Resource != nil {
		return p.settings.Resource(tenant)
	}
	return Resource{Service: p.settings.Service}
}

// apart says whether two tenants have resources of their own.
func (p *Producer) apart(a, b string) bool { return p.settings.Resource != nil && a != b }

// text is a value as it is written: itself, or "other" beyond what its attribute may have.
func (p *Producer) text(of vocabularyID, value string) string {
	if p.settings.MaxValues == 0 || value == "" {
		return value
	}
	return p.values[of].admit(value)
}

// tenant is whose a call is, as it is written; empty: nobody's.
func (p *Producer) tenant(key call.Key) string {
	if p.settings.TenantAttribute == "" {
		return ""
	}
	return p.text(tenants, key.Tenant)
}

func (p *Producer) putTenant(attrs pcommon.Map, key call.Key) {
	put(attrs, p.settings.TenantAttribute, p.tenant(key))
}

func (p *Producer) putSource(attrs pcommon.Map, source frame.Source) {
	put(attrs, semconv.AttrStage, string(source.Stage))
	put(attrs, semconv.AttrProcessor, p.text(processors, source.Processor))
	p.putModel(attrs, source)
}

func (p *Producer) putModel(attrs pcommon.Map, source frame.Source) {
	put(attrs, semconv.AttrProvider, p.text(providers, source.Provider))
	put(attrs, semconv.AttrModel, p.text(models, source.Model))
}

// put leaves out what is unknown: an empty label and none are the same to Prometheus.
func put(attrs pcommon.Map, key, value string) {
	if value != "" {
		attrs.PutStr(key, value)
	}
}
