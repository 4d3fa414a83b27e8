package grafanacloudextension

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
)

// What is told about the exporters that use the extension, and about the pipelines in front of them. An extension sees them
// only when the collector starts, so none of it can be an error.
var (
	errUnused = errors.New("no exporter in a pipeline uses this extension, so nothing is signed: " +
		"set auth::authenticator of the otlp_http exporter to it")
	errOtherEndpoint = errors.New("its endpoint is not the one of this extension, whose checks are about another place then: " +
		"write the same into both, ${env:OTEL_EXPORTER_OTLP_ENDPOINT}")
	errVerbatim = errors.New("metrics_endpoint, logs_endpoint or traces_endpoint is taken as it is: " +
		"it must end in /otlp/v1/metrics, /otlp/v1/logs or /otlp/v1/traces")
	errGivesUp = errors.New("it gives up and drops data while the gateway is away or refuses: " +
		"set retry_on_failure::max_elapsed_time to 0 (and leave retry_on_failure enabled)")
	errInMemory = errors.New("it queues in memory, so a restart, which a new credential in .env needs, loses what waits: " +
		"set sending_queue::storage to a storage extension")
	errCompression = errors.New("it compresses with what Grafana Cloud's gateway does not take: set compression to gzip (or none)")
	errNoRollup    = errors.New("voice_frame goes to it without rollup: its deltas are refused by Grafana Cloud, and have no " +
		"service.instance.id: add rollup to the processors of the pipeline")
	errExponential = errors.New("rollup sends exponential histograms to it: the guide's queries on _sum, _count and _bucket find nothing, " +
		"unless histograms is explicit")
)

// odd is what is told about one component.
type odd struct {
	id  string // of the component, or of the pipeline
	err error
}

// plumbing is the collector's configuration as an extension gets to see it: with defaults, and without secrets.
type plumbing struct {
	conf *confmap.Conf
	self component.ID
}

// check returns all that is odd.
func (p plumbing) check(endpoint string, atGrafana bool) []odd {
	users := p.users()
	if len(users) == 0 {
		return []odd{{p.self.String(), errUnused}}
	}
	var all []odd
	for _, id := range users {
		for _, err := range p.checkExporter(id, endpoint, atGrafana) {
			all = append(all, odd{id, err})
		}
	}
	return append(all, p.checkPipelines(users)...)
}

// users are the exporters of pipelines that have this extension as their authenticator.
func (p plumbing) users() []string {
	var users []string
	for _, pipeline := range p.section("service::pipelines") {
		for _, id := range list(pipeline, "exporters") {
			if !slices.Contains(users, id) && text(p.conf.Get("exporters::"+id+"::auth::authenticator")) == p.self.String() {
				users = append(users, id)
			}
		}
	}
	slices.Sort(users)
	return users
}

func (p plumbing) checkExporter(id, endpoint string, atGrafana bool) []error {
	get := func(key string) any { return p.conf.Get("exporters::" + id + "::" + key) }
	var all []error
	if own := text(get("endpoint")); own != "" && !sameEndpoint(own, endpoint) {
		all = append(all, errOtherEndpoint)
	}
	for _, s := range []signal{metrics, logs, traces} {
		if own := text(get(string(s) + "_endpoint")); own != "" && !strings.HasSuffix(strings.TrimRight(own, "/"), "/v1/"+string(s)) {
			all = append(all, errVerbatim)
			break
		}
	}
	if text(get("retry_on_failure::enabled")) == "false" || !isZero(text(get("retry_on_failure::max_elapsed_time"))) {
		all = append(all, errGivesUp)
	}
	if text(get("sending_queue::storage")) == "" {
		all = append(all, errInMemory)
	}
	if compression := text(get("compression")); atGrafana && !slices.Contains([]string{"", "none", "gzip"}, compression) {
		all = append(all, errCompression)
	}
	return all
}

// checkPipelines looks at what comes to the exporters as metrics.
func (p plumbing) checkPipelines(users []string) []odd {
	var all []odd
	for id, pipeline := range p.section("service::pipelines") {
		if ofType(id) != "metrics" || !slices.ContainsFunc(list(pipeline, "exporters"), func(e string) bool { return slices.Contains(users, e) }) {
			continue
		}
		rollups := slices.DeleteFunc(list(pipeline, "processors"), func(processor string) bool { return ofType(processor) != "rollup" })
		if len(rollups) == 0 && slices.ContainsFunc(list(pipeline, "receivers"), func(r string) bool { return ofType(r) == "voice_frame" }) {
			all = append(all, odd{id, errNoRollup})
		}
		for _, rollup := range rollups {
			if text(p.conf.Get("processors::"+rollup+"::histograms")) == "exponential" {
				all = append(all, odd{id, errExponential})
			}
		}
	}
	slices.SortFunc(all, func(a, b odd) int { return strings.Compare(a.id, b.id) })
	return all
}

// section is a map of the configuration by the ids in it.
func (p plumbing) section(key string) map[string]any {
	section, _ := p.conf.Get(key).(map[string]any)
	return section
}

func list(pipeline any, key string) []string {
	values, _ := pipeline.(map[string]any)
	items, _ := values[key].([]any)
	var ids []string
	for _, item := range items {
		ids = append(ids, text(item))
	}
	return ids
}

// text is a value as it is written; nothing is "".
func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

func isZero(duration string) bool { return duration == "0" || duration == "0s" }

func ofType(id string) string {
	kind, _, _ := strings.Cut(id, "/")
	return kind
}

func sameEndpoint(a, b string) bool { return strings.TrimRight(a, "/") == strings.TrimRight(b, "/") }
