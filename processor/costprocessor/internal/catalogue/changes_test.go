package catalogue

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const moved = "prices moved by more than a factor of 2; correct them if that is not what they cost"

const gone = "prices are gone: such usage has no price from now on, unless another row is for it; put them back if that is not meant"

// A swap says what it changes, and warns of what moved by more than twice, up or down.
func TestChangesAreSaid(t *testing.T) {
	b := newBench(t)
	b.file("a.yaml", home("same", "1", "gone", "1", "up", "10", "twice", "10", "thrice", "10", "half", "10", "third", "10", "free", "1", "paid", "0"))
	b.start()
	before := b.Book().Version()
	b.write("a.yaml", home("same", "1", "new", "1", "up", "11", "twice", "20", "thrice", "30", "half", "5", "third", "3", "free", "0", "paid", "1"))
	b.settle()
	said := b.messages.FilterMessage(replaced).All()
	require.Len(t, said, 1)
	fields := said[0].ContextMap()
	assert.Equal(t, []any{before, b.Book().Version()}, []any{fields["old_version"], fields["version"]})
	assert.Equal(t, []any{int64(1), int64(1), int64(7), int64(0)}, []any{fields["added"], fields["removed"], fields["changed"], fields["not_listed"]})
	assert.Contains(t, fields["changes"], "home/up characters: $10.00 / character -> $11.00 / character")
	assert.Contains(t, fields["changes"], "home/new characters: new, $1.00 / character")
	assert.Contains(t, fields["changes"], "home/gone characters: gone, was $1.00 / character")
	assert.Len(t, fields["changes"], 9)
	assert.Equal(t, []string{"[home/gone characters: gone, was $1.00 / character]"}, b.said(gone, "changes"))
	assert.Equal(t, []string{fmt.Sprint([]string{
		"home/free characters: $1.00 / character -> $0.00 / character",
		"home/paid characters: $0.00 / character -> $1.00 / character",
		"home/third characters: $10.00 / character -> $3.00 / character",
		"home/thrice characters: $10.00 / character -> $30.00 / character",
	})}, b.said(moved, "changes"))
}

// Of very many changes the first are listed.
func TestManyChanges(t *testing.T) {
	b := newBench(t)
	var cheap, dear []string
	for i := range 50 {
		cheap = append(cheap, fmt.Sprintf("m%02d", i), "1")
		dear = append(dear, fmt.Sprintf("m%02d", i), "5")
	}
	b.file("a.yaml", home(cheap...))
	b.start()
	b.write("a.yaml", home(dear...))
	b.settle()
	for _, message := range []string{replaced, moved} {
		fields := b.messages.FilterMessage(message).All()[0].ContextMap()
		assert.Len(t, fields["changes"], 20)
		assert.Equal(t, int64(30), fields["not_listed"])
	}
}

// A file that is wrong in each of its rows does not fill the log.
func TestManyErrors(t *testing.T) {
	b := newBench(t)
	b.file("a.yaml", home("m", "1"))
	b.start()
	b.write("a.yaml", home(strings.Split(strings.Repeat("m,-1,", 500)+"m,-1", ",")...))
	b.settle()
	assert.Len(t, strings.Split(b.said(failed, "error")[0], "\n"), 21)
}

// Catalogues of others are read as they come, and what they have that is of no use is said once.
func TestCatalogueOfOthers(t *testing.T) {
	const text = `{"home/m": {"litellm_provider": "home", "mode": "audio_speech", "input_cost_per_character": %s},
		"gpt-4o": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": -1}}`
	for _, format := range []string{"", "litellm"} {
		b := newBench(t)
		b.file("catalogue.json", fmt.Sprintf(text, "1e-5"))
		b.settings.Files[0].Format = format
		b.start()
		assert.Equal(t, "1e-05", b.price("m"))
		assert.Len(t, b.said("not all of a price file can be used", "left_out"), 1)
		b.write("catalogue.json", fmt.Sprintf(text, "2e-5"))
		b.settle()
		assert.Equal(t, "2e-05", b.price("m"))
	}
}

// YAML that begins with a brace is no JSON.
func TestBraces(t *testing.T) {
	b := newBench(t)
	b.file("a.yaml", `{provider: home, rows: [{models: [m], usage: characters, unit: character, price: "1", per: "1"}]}`)
	b.start()
	assert.Equal(t, "1", b.price("m"))
	b.write("a.yaml", `{provider: home, rows: [{models: [m], usage: characters, unit: character, prise: "1", per: "1"}]}`)
	b.settle()
	assert.Contains(t, b.said(failed, "error")[0], "field prise not found")
}

func TestFormatIsOfAnother(t *testing.T) {
	b := newBench(t)
	b.file("a.yaml", home("m", "1"))
	b.settings.Files[0].Format = "litellm"
	assert.ErrorContains(t, b.tryStart(), "a.yaml: cannot be read as litellm")
}
