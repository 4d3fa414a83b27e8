package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write what the commands say into docs/prices.md")

// session is a block of a document that shows a command and what it says.
var session = regexp.MustCompile("(?s)```console\n\\$ bin/voiceprices ([^\n]*)\n(.*?)```")

// The document shows what the commands say, to the letter. Run the test with -update after a change of the book.
func TestDocumentShowsWhatTheCommandsSay(t *testing.T) {
	document, err := filepath.Abs(filepath.Join("..", "..", "docs", "prices.md"))
	require.NoError(t, err)
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	t.Chdir("testdata")

	shown := 0
	now := session.ReplaceAllStringFunc(string(text), func(block string) string {
		shown++
		command := session.FindStringSubmatch(block)[1]
		return "```console\n$ bin/voiceprices " + command + "\n" + printed(t, command) + "```"
	})
	assert.Equal(t, len(commands()), len(commandsIn(now)), "every command is shown")
	if *update {
		require.NoError(t, os.WriteFile(document, []byte(now), 0o644))
		return
	}
	assert.Equal(t, string(text), now)
	assert.Positive(t, shown)
}

func commandsIn(text string) map[string]bool {
	names := map[string]bool{}
	for _, block := range session.FindAllStringSubmatch(text, -1) {
		name, _, _ := strings.Cut(block[1], " ")
		names[name] = true
	}
	return names
}

// printed is what a command prints on a terminal.
func printed(t *testing.T, command string) string {
	t.Helper()
	var terminal bytes.Buffer
	code := run(strings.Fields(command), world{in: strings.NewReader(""), out: &terminal, err: &terminal, now: today})
	require.NotEqual(t, exitUsage, code, terminal.String())
	return terminal.String()
}

func today() time.Time { return time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC) }
