package livekit

import (
	"cmp"
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/provider"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// metadata is who did the work, in the plugin's words: a name, or the host that it talks to.
type metadata struct {
	Model    string `json:"model_name"`
	Provider string `json:"model_provider"`
}

// unknown is what plugins say that do not know.
const unknown = "unknown"

// source says who did the work. SDKs before the metadata tell it by the label alone.
func (m *metrics) source(stage frame.Stage) frame.Source {
	_, processor := parseLabel(m.Label)
	return frame.Source{
		Stage:     stage,
		Processor: wire.Text(processor),
		Provider:  m.provider(),
		Model:     modelOf(m.Metadata.Model),
	}
}

func (m *metrics) provider() string {
	if named := providerOf(m.Metadata.Provider); named != "" {
		return named
	}
	plugin, _ := parseLabel(m.Label)
	return pluginProvider(plugin)
}

func modelOf(name string) string {
	if name == unknown {
		return ""
	}
	return wire.Text(name)
}

// providerOf keeps a provider that we do not know by its own name.
func providerOf(name string) string {
	if name == unknown {
		return ""
	}
	return cmp.Or(provider.Of(name), wire.Text(strings.ToLower(name)))
}

// pluginProvider does not keep what it does not know: a user's own class is no provider.
func pluginProvider(plugin string) string {
	if plugin == "inference" {
		return "livekit"
	}
	return provider.Of(plugin)
}

// parseLabel takes a class as the SDKs write it, livekit.plugins.openai.llm.LLM or openai.LLM, to its plugin and a name that
// is the same for both: openai.LLM.
func parseLabel(label string) (plugin, processor string) {
	for _, prefix := range []string{"livekit.plugins.", "livekit.agents."} {
		label = strings.TrimPrefix(label, prefix)
	}
	plugin, rest, nested := strings.Cut(label, ".")
	if !nested {
		return plugin, label
	}
	return plugin, plugin + "." + rest[strings.LastIndexByte(rest, '.')+1:]
}
