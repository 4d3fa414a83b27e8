package dotenvprovider

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseGuidesFile(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "guide.env"))
	require.NoError(t, err)
	got, err := parse(string(text))
	require.NoError(t, err)
	assert.Equal(t, []variable{
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://otlp-gateway-prod-ap-south-1.grafana.net/otlp", 2},
		{"OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Basic MTIzNDU2OmdsY185ZjhlN2Q2YzViNGF+fn4/Pz94eQ==", 3},
	}, got)
}

func TestParseExampleOfReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, after, found := strings.Cut(string(readme), "```bash\n")
	require.True(t, found)
	example, _, _ := strings.Cut(after, "```")
	got, err := parse(example)
	require.NoError(t, err)
	assert.Equal(t, []variable{
		{"NAME", "value with spaces", 2},
		{"QUOTED", "may have # and \n and\nseveral lines", 3},
		{"LITERAL", `only ' and \ are escapes in here`, 5},
		{"EMPTY", "", 6},
	}, got)
}

func TestParseValue(t *testing.T) {
	for name, tt := range map[string]struct{ line, want string }{
		"plain":                      {"K=v", "v"},
		"spaces inside stay":         {"K=Authorization=Basic abc==", "Authorization=Basic abc=="},
		"spaces inside stay as many": {"K=a  b\tc", "a  b\tc"},
		"space around":               {"  K \t= \t v \t ", "v"},
		"empty":                      {"K=", ""},
		"empty with space":           {"K= \t", ""},
		"export":                     {"export K=v", "v"},
		"export with much space":     {"export \t K=v", "v"},
		"comment":                    {"K=v # c", "v"},
		"comment after tab":          {"K=a b\t# c # d", "a b"},
		"comment without space":      {"K=v# c", "v# c"},
		"hash in value":              {"K=a#b #c", "a#b"},
		"hash first":                 {"K=#v", "#v"},
		"comment instead of value":   {"K= # c", ""},
		"comment after no-break":     {"K=v\u00a0# c", "v"},
		"double quotes":              {`K="a b"`, "a b"},
		"single quotes":              {`K='a b'`, "a b"},
		"hash in quotes":             {`K="a # b" # c`, "a # b"},
		"comment right behind quote": {`K='a'#c`, "a"},
		"empty quotes":               {`K=""`, ""},
		"other quotes inside":        {`K="it's"`, "it's"},
		"quote in the middle":        {`K=a"b"`, `a"b"`},
		"escapes in double quotes":   {`K="\\ \" \' \n\t\r\a\b\f\v \d \$"`, "\\ \" ' \n\t\r\a\b\f\v \\d \\$"},
		"escapes in single quotes":   {`K='\\ \' \" \n'`, `\ ' \" \n`},
		"backslash before the close": {`K="a\\"`, `a\`},
		"backslashes without quotes": {`K=C:\new\"x`, `C:\new\"x`},
		"dollar":                     {"K=${HOME}$$x", "${HOME}$$x"},
		"several lines":              {"K=\"a\n b # c\n\"", "a\n b # c\n"},
		"UTF-8":                      {"K=café", "café"},
	} {
		t.Run(name, func(t *testing.T) {
			for end, ending := range map[string]string{"end of file": "", "LF": "\n", "CR LF": "\r\n", "CR": "\r"} {
				got, err := parse(tt.line + ending)
				require.NoError(t, err, end)
				assert.Equal(t, []variable{{"K", tt.want, 1}}, got, end)
			}
		})
	}
}

func TestParseLines(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want []variable
	}{
		"nothing":            {"", nil},
		"blanks, comments":   {"\n \t\n# a=b\n  # c\n\n", nil},
		"comment at the end": {"A=1\n# b", []variable{{"A", "1", 1}}},
		"indented":           {"\n\n  A=1\n\tB=2", []variable{{"A", "1", 3}, {"B", "2", 4}}},
		"same name twice":    {"A=1\nA=2", []variable{{"A", "1", 1}, {"A", "2", 2}}},
		"byte order mark":    {"\ufeffA=1\r\nB=2\r\n", []variable{{"A", "1", 1}, {"B", "2", 2}}},
		"empty before next":  {"A=\nB= \nC=3", []variable{{"A", "", 1}, {"B", "", 2}, {"C", "3", 3}}},
		"line after several": {"A='1\n2'\nB=3", []variable{{"A", "1\n2", 1}, {"B", "3", 3}}},
		"CR LF in quotes":    {"A=\"1\r\n2\"", []variable{{"A", "1\n2", 1}}},
		"names":              {"a=1\n_B.c-9=2\n2FA=3", []variable{{"a", "1", 1}, {"_B.c-9", "2", 2}, {"2FA", "3", 3}}},
		"export as a name":   {"export=1\nexported=2", []variable{{"export", "1", 1}, {"exported", "2", 2}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parse(tt.text)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

// secret stands in each malformed line.
const secret = "Z2xjX3NlY3JldA"

var malformed = map[string]struct {
	text string
	line int
	want error
}{
	"no equals sign":         {"A=1\n" + secret, 2, errNoEquals},
	"two words":              {"Basic " + secret, 1, errNoEquals},
	"export alone":           {"export " + secret, 1, errNoEquals},
	"comment instead":        {"A" + secret + " # =1", 1, errNoEquals},
	"equals in next line":    {secret + "\n=1", 1, errNoEquals},
	"no name":                {"\n\n=" + secret, 3, errName},
	"export without name":    {"export =" + secret, 1, errName},
	"colon":                  {"A: " + secret, 1, errName},
	"base64 goes on":         {"A=abc\r\n" + secret + "+/==", 2, errName},
	"name in quotes":         {"'A'=" + secret, 1, errName},
	"name with other letter": {"é=" + secret, 1, errName},
	"quote not closed":       {`A="` + secret + "\nB=1\n", 1, errUnclosed},
	"other quote closes":     {`A="` + secret + `'`, 1, errUnclosed},
	"escaped quote closes":   {`A='` + secret + `\'`, 1, errUnclosed},
	"text behind the quote":  {`A="1" ` + secret, 1, errBehindQuote},
	"two strings":            {"A='1\n2''" + secret + "'", 1, errBehindQuote},
}

func TestParseRefuses(t *testing.T) {
	for name, tt := range malformed {
		t.Run(name, func(t *testing.T) {
			got, err := parse(tt.text)
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, fmt.Sprintf("line %d ", tt.line))
			assert.NotContains(t, err.Error(), secret)
			assert.Empty(t, got)
		})
	}
}

func TestParseRefusesWhatIsNoText(t *testing.T) {
	for name, text := range map[string]string{
		"Latin-1": "A=caf\xe9",
		"UTF-16":  "\xff\xfeA\x00=\x001\x00",
		"NUL":     "A=1\x002",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(text)
			require.ErrorIs(t, err, errNotText)
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"A=1\n", "export A='b \\' c' # d\r\n", "A=\"\\n\n\"B=2", "\ufeff#\n=\n", "A= #", "A=b #c", "A", "A=\x00", "\r\r\r",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		variables, err := parse(text)
		if err != nil {
			return
		}
		again, err := parse(quoteAll(variables))
		require.NoError(t, err)
		require.Len(t, again, len(variables))
		for i, v := range variables {
			assert.NotContains(t, v.value, "\x00")
			assert.Equal(t, v.name, again[i].name)
			assert.Equal(t, v.value, again[i].value)
		}
	})
}

func FuzzParseHidesSecrets(f *testing.F) {
	f.Add("A=1\n", "")
	f.Add("A=\"", "\nB='")
	f.Add("export ", "=")
	f.Add("A='1'", "'")
	f.Fuzz(func(t *testing.T, before, after string) {
		if _, err := parse(before + secret + after); err != nil {
			assert.NotContains(t, err.Error(), secret)
		}
	})
}

// quoteAll writes variables so that they are read back as they are, whatever their values hold.
func quoteAll(variables []variable) string {
	var out strings.Builder
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", `\r`)
	for _, v := range variables {
		fmt.Fprintf(&out, "%s=\"%s\"\n", v.name, quote.Replace(v.value))
	}
	return out.String()
}
