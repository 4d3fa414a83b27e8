package voicespanconnector

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// shipped is what the configurations that ship have to do with spans of bots.
type shipped struct {
	Connectors map[string]any `yaml:"connectors"`
	Processors struct {
		Content struct {
			Groups []struct {
				Context    string
				Statements []string
			} `yaml:"trace_statements"`
		} `yaml:"transform/content"`
	} `yaml:"processors"`
	Service struct {
		Pipelines map[string]struct {
			Receivers, Processors, Exporters []string
		} `yaml:"pipelines"`
	} `yaml:"service"`
}

func readShipped(t *testing.T, name string) (config shipped) {
	file, err := os.ReadFile(filepath.Join("..", "..", "config", name))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(file, &config))
	return config
}

// Both configurations take spans, make metrics and summaries of them, and remove the same content before anything is exported.
func TestShippedConfigurations(t *testing.T) {
	local, cloud := readShipped(t, "local.yaml"), readShipped(t, "collector.yaml")
	assert.Equal(t, cloud.Processors.Content, local.Processors.Content)
	for _, config := range []shipped{local, cloud} {
		require.Equal(t, map[string]any{"storage": "file_storage"}, config.Connectors["voice_span"])
		pipelines := config.Service.Pipelines
		assert.Contains(t, pipelines["traces"].Receivers, "otlp")
		assert.Equal(t, []string{"memory_limiter", "transform/content", "cost"}, pipelines["traces"].Processors)
		assert.Contains(t, pipelines["traces"].Exporters, "voice_span")
		assert.Contains(t, pipelines["metrics"].Receivers, "voice_span")
		assert.Contains(t, pipelines["logs"].Receivers, "voice_span")
	}
}

var matching = regexp.MustCompile(`^delete_matching_keys\((span|spanevent)\.attributes, "(.*)"\)$`)

const statusStatement = `set(span.status.message, "") where span.status.message != ""`

// removed says whether the configurations remove an attribute of a span or of an event, each in a group of its own: statements about
// spans that stand beside those about events are for spans that have events alone.
func removed(t *testing.T, of, key string) (found bool) {
	for _, group := range readShipped(t, "local.yaml").Processors.Content.Groups {
		for _, statement := range group.Statements {
			if statement == statusStatement && group.Context == "span" {
				continue
			}
			match := matching.FindStringSubmatch(statement)
			require.NotNil(t, match, statement)
			require.Equal(t, group.Context, match[1], statement)
			found = found || match[1] == of && regexp.MustCompile(strings.ReplaceAll(match[2], `\\`, `\`)).MatchString(key)
		}
	}
	return found
}

// What holds content is removed, and what tells of a request is not.
func TestContentIsRemoved(t *testing.T) {
	for _, key := range []string{
		// Pipecat
		"input", "output", "text", "transcript", "tools", "tools.definitions", "instructions", "system", "text_output", "tool.arguments",
		"tool.result", "settings.system_instruction", "session.instructions", "context_messages", "function_calls",
		// the conventions, in all eras
		"gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.prompt", "gen_ai.completion",
		"gen_ai.prompt.0.content", "gen_ai.completion.0.content", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result",
		"gen_ai.tool.definitions", "gen_ai.retrieval.documents", "gen_ai.retrieval.query.text", "gen_ai.memory.records",
		// LiveKit, before and after its names were marked
		"lk.pii.chat_ctx", "lk.pii.user_transcript", "lk.pii.sip.phoneNumber", "lk.chat_ctx", "lk.user_input", "lk.instructions",
		"lk.response.text", "lk.response.function_calls", "lk.function_tool.arguments", "lk.function_tool.output", "lk.input_text",
		"lk.user_transcript", "lk.amd.reason", "lk.amd.transcript", "lk.turn.pii.text",
		// OpenInference and others
		"input.value", "output.value", "llm.input_messages.0.message.content", "llm.output_messages.3.message.tool_calls.0.tool_call.id",
		"llm.prompts", "tool.parameters", "text.chunk", "audio.transcript", "message.content", "message.contents.0.message_content.text",
		"tool_call.function.arguments", "frame.metadata", "retrieval.documents.0.document.content", "traceloop.entity.input",
		"langfuse.observation.output", "mlflow.spanInputs", "ai.prompt.messages", "ai.response.text", "ai.toolCall.args",
		"pydantic_ai.all_messages", "all_messages_events", "tool_arguments",
		// what errors say in words
		"exception.message", "exception.stacktrace", "frame.error.message",
	} {
		assert.True(t, removed(t, "span", key), key)
	}
	for _, key := range []string{
		"content", "message", "lk.pii.user_input", "gen_ai.event.content", "gen_ai.input.messages", "gen_ai.prompt.0.content",
		"exception.message", "exception.stacktrace",
	} {
		assert.True(t, removed(t, "spanevent", key), key)
	}
	for _, key := range []string{
		"gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens",
		"gen_ai.tool.name", "gen_ai.tool.call.id", "gen_ai.conversation.id", "gen_ai.response.finish_reasons", "gen_ai.output.type",
		"metrics.ttfb", "metrics.character_count", "conversation.id", "turn.number", "tool.function_name", "tool.result_status",
		"tools.count", "session.id", "settings.model", "lk.llm_metrics", "lk.tts_metrics", "lk.realtime_model_metrics", "lk.job_id",
		"lk.function_tool.name", "lk.response.ttft", "llm.token_count.prompt", "llm.model_name", "input.mime_type", "text_length",
		"voice.cost.usd", "error.type", "exception.type", "frame.name", "tool_call.id", "lk.amd.category", "ai.model.id", "llm.tools_count",
		"llm.messages_count", "transcript.is_input", "function_calls.first_name", "tool_count",
	} {
		assert.False(t, removed(t, "span", key), key)
	}
}
