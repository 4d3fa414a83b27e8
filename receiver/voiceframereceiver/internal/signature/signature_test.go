package signature

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var signed = time.Unix(1764000000, 0) // 2025-11-24T16:00:00Z

// request is one that its platform would have sent. The signatures of Retell and ElevenLabs were made and taken by their
// published SDKs (retell-sdk 6.2.13, elevenlabs 2.78.0); Ultravox and Vapi publish none that signs, theirs follow the documents.
type request struct {
	verifier  func(string) Verifier
	secret    string
	body      string
	header    map[string]string
	signature string        // the header that has the digest
	window    time.Duration // 0: not dated
}

var requests = map[string]request{
	"retell": {
		Retell, "key_secret", `{"event":"call_ended","call":{"call_id":"c-1","note":"grüß"}}`,
		map[string]string{
			"X-Retell-Signature": "v=1764000000000,d=3640df325db10939ec7a67c001993d1a5a9b9547f7c890bda7c04b16a81fcd40",
		},
		"X-Retell-Signature", 5 * time.Minute,
	},
	"elevenlabs": {
		ElevenLabs, "wsec_secret", `{"type":"post_call_transcription","data":{"conversation_id":"c-1","note":"grüß"}}`,
		map[string]string{
			"ElevenLabs-Signature": "t=1764000000,v0=cf57e0617e13ff6c2129f85ecb234f6d64bce5897657b862182166e00a02ad29",
		},
		"ElevenLabs-Signature", 30 * time.Minute,
	},
	"ultravox": {
		Ultravox, "uv_secret", `{"event":"call.billed","call":{"callId":"c-1"}}`,
		map[string]string{
			"X-Ultravox-Webhook-Timestamp": "2025-11-24T16:00:00.123456Z",
			"X-Ultravox-Webhook-Signature": "cf2c0979e2f4e0d1fcb0eb6b2cc404fdde1871c82328893c5aa173ac3fb1a01b",
		},
		"X-Ultravox-Webhook-Signature", time.Minute,
	},
	"ultravox, a time without a zone": {
		Ultravox, "uv_secret", `{"event":"call.billed","call":{"callId":"c-1"}}`,
		map[string]string{
			"X-Ultravox-Webhook-Timestamp": "2025-11-24T16:00:00.123456",
			"X-Ultravox-Webhook-Signature": "af844ed62062c94ec0b95d01d20d614c8ca07fc723446e5fb69b3d0fe2a92600",
		},
		"X-Ultravox-Webhook-Signature", time.Minute,
	},
	"vapi, the secret": {
		Vapi, "vapi_secret", `{"message":{"type":"end-of-call-report"}}`, map[string]string{"X-Vapi-Secret": "vapi_secret"}, "X-Vapi-Secret", 0,
	},
	"vapi, the body signed": {
		Vapi, "vapi_secret", `{"message":{"type":"end-of-call-report"}}`,
		map[string]string{"X-Vapi-Signature": "24d1a9cb3dd0b7c5444ccc7970314336692c5ba0657970eae035fd90e4e93e85"},
		"X-Vapi-Signature", 0,
	},
	"vapi, signed with seconds": {
		Vapi, "vapi_secret", `{"message":{"type":"end-of-call-report"}}`,
		map[string]string{"X-Timestamp": "1764000000", "X-Signature": "8a8bc34c5660ca3a8d00e015e8ce811c362d3921747bd060ef1d7b35df29a841"},
		"X-Signature", 5 * time.Minute,
	},
	"vapi, signed with milliseconds": {
		Vapi, "vapi_secret", `{"message":{"type":"end-of-call-report"}}`,
		map[string]string{"X-Timestamp": "1764000000000", "X-Signature": "b56a7b656dfa59606fa2a7d6225207ea6cba5006cf3a7a8342c2c2934aeaa4e5"},
		"X-Signature", 5 * time.Minute,
	},
}

func (r *request) headers() http.Header {
	header := http.Header{}
	for name, value := range r.header {
		header.Set(name, value)
	}
	return header
}

func (r *request) verify(header http.Header, body string, now time.Time) error {
	return r.verifier(r.secret)(header, []byte(body), now)
}

func each(t *testing.T, test func(*testing.T, *request)) {
	for name, r := range requests {
		t.Run(name, func(t *testing.T) { test(t, &r) })
	}
}

func TestAccepted(t *testing.T) {
	each(t, func(t *testing.T, r *request) {
		assert.NoError(t, r.verify(r.headers(), r.body, signed))
	})
}

func TestWindow(t *testing.T) {
	each(t, func(t *testing.T, r *request) {
		const fraction = 123456 * time.Microsecond // of the one timestamp that has any
		if r.window == 0 {
			assert.NoError(t, r.verify(r.headers(), r.body, signed.Add(24*time.Hour)))
			return
		}
		assert.NoError(t, r.verify(r.headers(), r.body, signed.Add(r.window)))
		assert.NoError(t, r.verify(r.headers(), r.body, signed.Add(fraction-r.window)))
		assert.ErrorContains(t, r.verify(r.headers(), r.body, signed.Add(r.window+time.Second)), "ago: is this a repeat")
		assert.ErrorContains(t, r.verify(r.headers(), r.body, signed.Add(-r.window-time.Second)), "ahead of this clock")
	})
}

func TestRefused(t *testing.T) {
	each(t, func(t *testing.T, r *request) {
		refused := func(err error, want string) {
			t.Helper()
			require.ErrorContains(t, err, "header ")
			assert.ErrorContains(t, err, want)
			assert.NotContains(t, err.Error(), r.secret)
			for _, value := range r.header {
				assert.NotContains(t, err.Error(), value)
			}
		}
		refused(r.verifier(r.secret+"x")(r.headers(), []byte(r.body), signed), r.signature)
		if r.signature != vapiSecret {
			refused(r.verify(r.headers(), r.body+" ", signed), r.signature)
			refused(r.verify(r.headers(), "", signed), r.signature)
		}
		for name, value := range r.header {
			without := r.headers()
			without.Del(name)
			refused(r.verify(without, r.body, signed), "missing")
			shortened := r.headers()
			shortened.Set(name, value[:len(value)-1])
			refused(r.verify(shortened, r.body, signed), "header ")
		}
	})
}

// Platforms write digests in lower case; no second writing of a signature is taken.
func TestUpperCase(t *testing.T) {
	each(t, func(t *testing.T, r *request) {
		header := r.headers()
		name, digest, isPair := cutLast(header.Get(r.signature))
		header.Set(r.signature, name+strings.ToUpper(digest))
		require.True(t, isPair || name == "")
		assert.ErrorContains(t, r.verify(header, r.body, signed), r.signature)
	})
}

// cutLast divides a header into its digest and what stands before it.
func cutLast(value string) (before, digest string, found bool) {
	at := strings.LastIndexByte(value, '=')
	return value[:at+1], value[at+1:], at >= 0
}

// A verifier that was made without a secret takes nothing, also not what is signed without one.
func TestNoSecret(t *testing.T) {
	each(t, func(t *testing.T, r *request) {
		assert.ErrorContains(t, r.verifier("")(r.headers(), []byte(r.body), signed), "no secret is configured")
		header := r.headers()
		header.Set(vapiSignature, string(sign("", []byte(r.body))))
		assert.Error(t, r.verifier("")(header, []byte(r.body), signed))
	})
}

func TestShapes(t *testing.T) {
	for _, test := range []struct {
		verifier Verifier
		header   http.Header
		want     string
	}{
		{Retell("s"), http.Header{"X-Retell-Signature": {"d=00,v=1"}}, "header X-Retell-Signature: must be v=<Unix milliseconds>"},
		{Retell("s"), http.Header{"X-Retell-Signature": {"v=1"}}, "header X-Retell-Signature: must be v="},
		{Retell("s"), http.Header{"X-Retell-Signature": {"v=-1,d=00"}}, "header X-Retell-Signature: must be v="},
		{Retell("s"), http.Header{"X-Retell-Signature": {"v=99999999999999999999,d=00"}}, "header X-Retell-Signature: must be v="},
		{ElevenLabs("s"), http.Header{"Elevenlabs-Signature": {"t=1"}}, "header ElevenLabs-Signature: must be t=<Unix seconds>"},
		{ElevenLabs("s"), http.Header{"Elevenlabs-Signature": {"v0=00"}}, "header ElevenLabs-Signature: must be t="},
		{ElevenLabs("s"), http.Header{"Elevenlabs-Signature": {"t=noon,v0=00"}}, "header ElevenLabs-Signature: must be t="},
		{
			Ultravox("s"),
			http.Header{"X-Ultravox-Webhook-Signature": {"00"}, "X-Ultravox-Webhook-Timestamp": {"noon"}},
			"header X-Ultravox-Webhook-Timestamp: must be an ISO 8601 time",
		},
		{Vapi("s"), http.Header{"X-Signature": {"00"}, "X-Timestamp": {"noon"}}, "header X-Timestamp: must be Unix seconds or milliseconds"},
		{Vapi("s"), http.Header{}, "header X-Vapi-Secret: missing, and so are X-Vapi-Signature and X-Signature"},
	} {
		assert.ErrorContains(t, test.verifier(test.header, nil, signed), test.want)
	}
}

// While secrets change, Ultravox signs with each.
func TestSeveralSignatures(t *testing.T) {
	r := requests["ultravox"]
	digest, other := r.header[ultravoxSignature], strings.Repeat("0", 64)
	for _, list := range [][]string{{other + "," + digest}, {digest + ", " + other}, {other, digest}} {
		header := r.headers()
		header[ultravoxSignature] = list
		assert.NoError(t, r.verify(header, r.body, signed))
	}
	header := r.headers()
	header[ultravoxSignature] = []string{other + "," + other}
	assert.ErrorContains(t, r.verify(header, r.body, signed), "none of its signatures matches")
}

// ElevenLabs' versions may grow, and its parts may change places.
func TestOtherVersions(t *testing.T) {
	r := requests["elevenlabs"]
	at, v0, _ := strings.Cut(r.header[elevenLabsSignature], ",")
	header := http.Header{}
	header.Set(elevenLabsSignature, v0+", v1=00, "+at)
	assert.NoError(t, r.verify(header, r.body, signed))
}

func TestKind(t *testing.T) {
	each(t, func(t *testing.T, r *request) {
		assert.Equal(t, "missing", Kind(r.verify(http.Header{}, r.body, signed)))
		assert.Equal(t, "wrong", Kind(r.verify(r.headers(), r.body+" ", signed)))
		if err := r.verify(r.headers(), r.body, signed.Add(24*time.Hour)); err != nil {
			assert.Equal(t, "stale", Kind(err))
		}
	})
}
