package importer

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCovers(t *testing.T) {
	for _, test := range []struct {
		glob, pattern string
		want          bool
	}{
		{"gpt-4o*", "gpt-4o", true},
		{"gpt-4o*", "gpt-4o-mini*", true},
		{"gpt-4o*", "gpt-4*", false},
		{"*claude*", "us.anthropic.claude-3", true},
		{"*claude*", "*claude-3*", true},
		{"*claude*", "claude", true},
		{"*claude*", "*cl*aude*", false},
		{"*-tts", "gpt-4o-mini-tts", true},
		{"*-tts", "*-tts-*", false},
		{"a*b*c", "abc", true},
		{"a*b*c", "ac", false},
		{"a*a", "a", false},
		{"gpt", "gpt", true},
		{"gpt", "gpt*", false},
		{"*", "anything/at/all", true},
		{"*", "", true},
	} {
		assert.Equal(t, test.want, covers(test.glob, test.pattern), "%s %s", test.glob, test.pattern)
	}
}

func TestMeet(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want []string
	}{
		{"gpt-4*", "gpt-5*", nil},
		{"gpt-4*", "gpt-4o*", []string{"gpt-4o*"}},
		{"*claude*", "claude-3*", []string{"claude-3*"}},
		{"*mini*", "gpt*", []string{"gpt*mini*"}},
		{"*o-mini", "gpt-4o*", []string{"gpt-4o*o-mini", "gpt-4o-mini"}},
		{"*ab*", "*bc*", []string{"*ab*bc*", "*abc*", "*bc*ab*"}},
		{"x*", "*", []string{"x*"}},
		{"same", "same", []string{"same"}},
	} {
		got, ok := meet(test.a, test.b)
		assert.True(t, ok)
		assert.Equal(t, test.want, got, "%s %s", test.a, test.b)
	}
	_, ok := meet(strings.Repeat("*a", 60), strings.Repeat("*b", 60))
	assert.False(t, ok, "too many")
}

// What matches both matches their meeting, and what matches that matches both.
func FuzzMeet(f *testing.F) {
	f.Add("*claude*", "us.*-3*", "us.anthropic.claude-3")
	f.Add("gpt-4o*", "*-mini", "gpt-4o-mini")
	f.Fuzz(func(t *testing.T, a, b, id string) {
		if isGlob(id) || len(a)+len(b) > 60 {
			return
		}
		meets, ok := meet(a, b)
		if !ok {
			return
		}
		both, met := covers(a, id) && covers(b, id), false
		for _, pattern := range meets {
			met = met || covers(pattern, id)
		}
		if both != met {
			t.Errorf("%q of %q and %q: both %v, %q %v", id, a, b, both, meets, met)
		}
	})
}
