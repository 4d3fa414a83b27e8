package grafanacloudextension

import (
	"net/http"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http/httpguts"
)

func TestParseHeaders(t *testing.T) {
	for name, tt := range map[string]struct {
		list string
		want http.Header
	}{
		"as the guide writes it": {
			"Authorization=Basic MTIzOmFi", http.Header{"Authorization": {"Basic MTIzOmFi"}},
		},
		"percent-encoded space": {
			"Authorization=Basic%20MTIzOmFi", http.Header{"Authorization": {"Basic MTIzOmFi"}},
		},
		"padding stays": {
			"Authorization=Basic MTIzOmFiYw==", http.Header{"Authorization": {"Basic MTIzOmFiYw=="}},
		},
		"percent-encoded padding": {
			"Authorization=Basic%20MTIzOmFiYw%3D%3d", http.Header{"Authorization": {"Basic MTIzOmFiYw=="}},
		},
		"plus and slash stay": {
			"Authorization=Basic Pj4+Pz8/fn5+", http.Header{"Authorization": {"Basic Pj4+Pz8/fn5+"}},
		},
		"other headers are kept": {
			"X-Scope-OrgID=voice,Authorization=Basic MTIzOmFi,x-team=a=b",
			http.Header{"X-Scope-Orgid": {"voice"}, "Authorization": {"Basic MTIzOmFi"}, "X-Team": {"a=b"}},
		},
		"lower-case name": {
			"authorization=Basic MTIzOmFi", http.Header{"Authorization": {"Basic MTIzOmFi"}},
		},
		"space around everything": {
			" \r\n Authorization = Basic MTIzOmFi \t, x = 1 \r\n",
			http.Header{"Authorization": {"Basic MTIzOmFi"}, "X": {"1"}},
		},
		"empty items":            {",x=1,, ,y=2,", http.Header{"X": {"1"}, "Y": {"2"}}},
		"empty value":            {"x=,y=2", http.Header{"X": {""}, "Y": {"2"}}},
		"encoded comma":          {"x=1%2C2", http.Header{"X": {"1,2"}}},
		"decoded once":           {"x=%2520", http.Header{"X": {"%20"}}},
		"percent at the end":     {"x=100%,y=5%2", http.Header{"X": {"100%"}, "Y": {"5%2"}}},
		"percent that is no hex": {"x=a%zz%20b%%41", http.Header{"X": {"a%zz b%A"}}},
		"UTF-8":                  {"x=caf%C3%A9", http.Header{"X": {"café"}}},
		"metadata is no concern": {"x=1;p=2", http.Header{"X": {"1;p=2"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseHeaders(tt.list)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestParseHeadersRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		list string
		want error
		item string
	}{
		"nothing":                {"", errHeadersEmpty, ""},
		"only space and commas":  {" , \n", errHeadersEmpty, ""},
		"no equals sign":         {"Authorization", errHeaderNoEquals, "item 1 "},
		"second has none":        {"x=1,y", errHeaderNoEquals, "item 2 "},
		"colon instead":          {"Authorization: Basic MTIzOmFiYw==", errHeaderName, "item 1 "},
		"no name":                {"=Basic MTIzOmFi", errHeaderName, "item 1 "},
		"space in name":          {"my header=1", errHeaderName, "item 1 "},
		"double quotes":          {`"Authorization=Basic MTIzOmFi"`, errHeaderQuoted, "item 1 "},
		"single quotes":          {`'Authorization=Basic MTIzOmFi'`, errHeaderQuoted, "item 1 "},
		"line break in name":     {"x\ny=1", errHeaderName, "item 1 "},
		"line break in value":    {"x=1\r\ny: 2", errHeaderControl, "item 1 "},
		"percent-encoded CR LF":  {"x=1%0D%0Ay: 2", errHeaderControl, "item 1 "},
		"percent-encoded LF end": {"x=1%0A", errHeaderControl, "item 1 "},
		"NUL":                    {"x=1%00", errHeaderControl, "item 1 "},
		"tab inside":             {"x=1\t2", errHeaderControl, "item 1 "},
		"twice":                  {"x=1,X=2", errHeaderTwice, "item 2 "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseHeaders(tt.list)
			require.ErrorIs(t, err, tt.want)
			assert.ErrorContains(t, err, tt.item)
		})
	}
}

func TestParseHeadersTellsOfEveryItem(t *testing.T) {
	_, err := parseHeaders("a,b=1,c\nd=2")
	require.EqualError(t, err, "headers: item 1 of the list "+errHeaderNoEquals.Error()+
		"\nheaders: item 3 of the list "+errHeaderName.Error())
}

func FuzzParseHeaders(f *testing.F) {
	for _, seed := range []string{
		"Authorization=Basic MTIzOmFiYw==", "Authorization=Basic%20MTIzOmFiYw%3D%3D,x=1", "x=%", "x=%4,=,", "a=b=c",
		"\"x=1\"", "x=1\r\ny=2", "x=%0a", "%20=%20", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, list string) {
		headers, err := parseHeaders(list)
		if err != nil {
			return
		}
		assert.NotEmpty(t, headers)
		for name, values := range headers {
			assert.True(t, httpguts.ValidHeaderFieldName(name))
			assert.Len(t, values, 1)
			assert.True(t, httpguts.ValidHeaderFieldValue(values[0]))
			assert.NotContains(t, values[0], "\n")
			assert.False(t, containsControl(values[0]))
		}
	})
}

func containsControl(s string) bool {
	for _, r := range s {
		if unicode.IsControl(r) {
			return true
		}
	}
	return false
}
