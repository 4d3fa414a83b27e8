package docs_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	fence   = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	inCode  = regexp.MustCompile("`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N}\- _]`)
)

// Every link from one document of the repository to another leads to a file, and to a heading of it.
func TestLinks(t *testing.T) {
	followed := 0
	for _, document := range documents(t) {
		text := read(t, document)
		prose := inCode.ReplaceAllString(fence.ReplaceAllString(text, ""), "")
		for _, found := range link.FindAllStringSubmatch(prose, -1) {
			if target := found[1]; !strings.Contains(target, "://") {
				follow(t, document, target)
				followed++
			}
		}
	}
	assert.Greater(t, followed, 50)
}

func follow(t *testing.T, from, target string) {
	t.Helper()
	path, anchor, hasAnchor := strings.Cut(target, "#")
	to := from
	if path != "" {
		to = filepath.Join(filepath.Dir(from), path)
	}
	_, err := os.Stat(to)
	if !assert.NoError(t, err, "%s: %s", from, target) || !hasAnchor {
		return
	}
	if info, err := os.Stat(to); err == nil && info.IsDir() { // GitHub shows its README
		to = filepath.Join(to, "README.md")
	}
	assert.Contains(t, anchors(read(t, to)), anchor, "%s: %s", from, target)
}

// anchors is what GitHub makes of a document's headings.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, title := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		anchor := strings.ToLower(dropped.ReplaceAllString(strings.TrimSpace(title[1]), ""))
		found[strings.ReplaceAll(anchor, " ", "-")] = true
	}
	return found
}

// documents is the Markdown of the repository, committed or about to be.
func documents(t *testing.T) []string {
	t.Helper()
	command := exec.Command("git", "ls-files", "-co", "--exclude-standard", "*.md")
	command.Dir = root
	listed, err := command.Output()
	require.NoError(t, err)
	var paths []string
	for path := range strings.SplitSeq(string(bytes.TrimSpace(listed)), "\n") {
		if whole := filepath.Join(root, path); exists(whole) {
			paths = append(paths, whole)
		}
	}
	return paths
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
