package livekit

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// An attribute says what the metrics say, of whatever SDK, and leaves the span its identity and time.
func TestReadMetrics(t *testing.T) {
	span := frame.Frame{ID: 42, Time: time.Unix(1, 0)}
	var texts wire.Texts
	for name, object := range objects {
		for sdk, text := range map[string]string{"python": object.python, "javascript": object.javascript} {
			if text == "" {
				continue
			}
			t.Run(name+", "+sdk, func(t *testing.T) {
				got := span
				broken, err := ReadMetrics(&got, []byte(text), &texts)
				require.NoError(t, err)
				assert.False(t, broken)
				assert.Equal(t, object.want, got.Events)
				assert.Equal(t, object.sentinels, got.Sentinels)
				assert.Equal(t, span.ID, got.ID)
				assert.Equal(t, span.Time, got.Time)
			})
		}
	}
}

// names are those of a JSON text.
var names = regexp.MustCompile(`"([^"]*)"\s*:`)

func namesOf(object []byte) (all []string) {
	for _, match := range names.FindAllSubmatch(object, -1) {
		all = append(all, string(match[1]))
	}
	return all
}

// fold makes alike what the decoder takes for the same name.
func fold(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
}

// What is read at a glance is what decoding finds, where that finds no fault in what a glance passes over. The decoder knows a
// name however it is written (prompt_tokens, promptTokens); a glance only as the Python SDK writes it.
func FuzzReadMetrics(f *testing.F) {
	written := map[string]string{"durationms": "", "ttftms": "", "ttfbms": ""}
	for _, object := range objects {
		f.Add([]byte(object.python))
		for _, name := range namesOf([]byte(object.python)) {
			written[fold(name)] = name
		}
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		for _, name := range namesOf(object) {
			if as, known := written[fold(name)]; known && as != name {
				return
			}
		}
		var glanced, decoded frame.Frame
		if !glanceMetrics(&glanced, object, nil) || takeMetrics(&decoded, object, "") != nil {
			return
		}
		glanced.ID, glanced.Time = decoded.ID, decoded.Time
		require.Equal(t, decoded, glanced)
	})
}
