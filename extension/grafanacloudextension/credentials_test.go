package grafanacloudextension

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTestCredentialHasTheHardLetters(t *testing.T) {
	for _, letter := range []string{"+", "/", "=="} {
		require.Contains(t, b64(testPair), letter)
	}
}

func TestParseCredentials(t *testing.T) {
	grafanas := pair{testInstance, testToken}
	for name, tt := range map[string]struct {
		list          string
		authorization string
		pair          pair
		bearer        bool
	}{
		"Grafana's":               {"Authorization=Basic " + b64(testPair), "Basic " + b64(testPair), grafanas, false},
		"with %20":                {"Authorization=Basic%20" + b64(testPair), "Basic " + b64(testPair), grafanas, false},
		"with %20 and %3D":        {"Authorization=Basic%20" + strings.ReplaceAll(b64(testPair), "=", "%3D"), "Basic " + b64(testPair), grafanas, false},
		"several spaces":          {"Authorization=Basic   " + b64(testPair), "Basic " + b64(testPair), grafanas, false},
		"lower-case scheme":       {"authorization=basic " + b64(testPair), "basic " + b64(testPair), grafanas, false},
		"user of an own Mimir":    {"Authorization=Basic " + b64("voice:pass"), "Basic " + b64("voice:pass"), pair{"voice", "pass"}, false},
		"colons in the password":  {"Authorization=Basic " + b64("7:a:b"), "Basic " + b64("7:a:b"), pair{"7", "a:b"}, false},
		"no user":                 {"Authorization=Basic " + b64(":pass"), "Basic " + b64(":pass"), pair{"", "pass"}, false},
		"no password":             {"Authorization=Basic " + b64("voice:"), "Basic " + b64("voice:"), pair{"voice", ""}, false},
		"neither":                 {"Authorization=Basic " + b64(":"), "Basic " + b64(":"), pair{}, false},
		"bearer":                  {"Authorization=Bearer " + testToken, "Bearer " + testToken, pair{}, true},
		"password in other signs": {"Authorization=Basic " + b64("ü:密码"), "Basic " + b64("ü:密码"), pair{"ü", "密码"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseCredentials(tt.list)
			require.NoError(t, err)
			assert.Equal(t, credentials{
				headers: http.Header{"Authorization": {tt.authorization}}, pair: tt.pair, bearer: tt.bearer,
			}, got)
		})
	}
}

// badCredentials are lists with an Authorization that cannot work, or with none, and what is said about each.
var badCredentials = map[string]struct {
	list string
	want error
}{
	"other headers only":            {"X-Scope-OrgID=voice", errAuthorizationMissing},
	"empty":                         {"Authorization=", errAuthorizationMissing},
	"the base64 alone":              {b64(testPair), errHeaderName},
	"base64 that could be a name":   {b64(testToken[:16]), errAuthorizationMissing},
	"the token alone":               {testToken, errHeaderNoEquals},
	"scheme and base64 alone":       {"Basic " + b64(testPair), errHeaderName},
	"as curl writes it":             {"Authorization: Basic " + b64(testPair), errHeaderName},
	"no scheme":                     {"Authorization=" + b64(testPair), errScheme},
	"unknown scheme":                {"Authorization=Token " + b64(testPair), errScheme},
	"percent-encoded twice":         {"Authorization=Basic%2520" + b64(testPair), errPercent},
	"cut off by a shell":            {"Authorization=Basic", errCutOff},
	"bearer cut off":                {"Authorization=Bearer ", errCutOff},
	"bearer with a space":           {"Authorization=Bearer Basic " + b64(testPair), errBearerSpace},
	"all in double quotes":          {`"Authorization=Basic ` + b64(testPair) + `"`, errHeaderQuoted},
	"all in single quotes":          {`'Authorization=Basic ` + b64(testPair) + `'`, errHeaderQuoted},
	"value in quotes":               {`Authorization="Basic ` + b64(testPair) + `"`, errQuoted},
	"padding percent-encoded twice": {"Authorization=Basic " + strings.ReplaceAll(b64(testPair), "=", "%253D"), errPercent},
	"credential in quotes":          {`Authorization=Basic "` + b64(testPair) + `"`, errQuoted},
	"guide's placeholder":           {"Authorization=Basic <your_base64_encoded_instance_id:token>", errPlaceholder},
	"placeholder around the secret": {"Authorization=Basic <" + b64(testPair) + ">", errPlaceholder},
	"pair that is not encoded":      {"Authorization=Basic " + testPair, errNotEncoded},
	"token that is not encoded":     {"Authorization=Basic " + testToken[:16], errNotEncoded},
	"padding lost":                  {"Authorization=Basic " + strings.TrimRight(b64(testPair), "="), errNotBase64},
	"alphabet of URLs":              {"Authorization=Basic " + base64.URLEncoding.EncodeToString([]byte(testPair)), errURLAlphabet},
	"two words":                     {"Authorization=Basic " + b64(testPair) + " x", errNotBase64},
	"comment behind it":             {"Authorization=Basic " + b64(testPair) + " # prod", errNotBase64},
	"token only":                    {"Authorization=Basic " + b64(testToken), errTokenOnly},
	"encoded twice":                 {"Authorization=Basic " + b64(b64(testPair)), errTwiceEncoded},
	"encoded twice with echo":       {"Authorization=Basic " + b64(b64(testPair)+"\n"), errTwiceEncoded},
	"encoded with echo":             {"Authorization=Basic " + b64(testPair+"\n"), errControl},
	"line break in the user":        {"Authorization=Basic " + b64("12\n3:"+testToken), errControl},
	"wrapped base64":                {"Authorization=Basic " + b64(testPair)[:20] + "\n" + b64(testPair)[20:], errHeaderControl},
	"CR LF inside":                  {"Authorization=Basic " + b64(testPair) + "\r\nX-Evil: 1", errHeaderControl},
}

func TestParseCredentialsRefuses(t *testing.T) {
	for name, tt := range badCredentials {
		t.Run(name, func(t *testing.T) {
			_, err := parseCredentials(tt.list)
			require.ErrorIs(t, err, tt.want)
			assertNoSecret(t, err.Error())
		})
	}
}

func FuzzParseCredentials(f *testing.F) {
	f.Add("Authorization=Basic ", "", "")
	f.Add("Authorization=Basic%20", "==", ",x=1")
	f.Add("\"Authorization=Bearer ", "\"", "")
	f.Add("Authorization: ", "\n", "")
	f.Add("", "", "=")
	f.Fuzz(func(t *testing.T, before, inside, after string) {
		secret := b64(testPair)
		got, err := parseCredentials(before + secret[:11] + inside + secret[11:] + after)
		if err != nil {
			assertNoSecret(t, err.Error())
			return
		}
		assert.NotEmpty(t, got.headers.Get("Authorization"))
		assert.Empty(t, strings.Trim(got.pair.instanceID(), "0123456789"))
	})
}
