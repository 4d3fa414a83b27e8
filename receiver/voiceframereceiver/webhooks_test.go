package voiceframereceiver

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/receiver/voiceframereceiver/internal/metadatatest"
	"github.com/otelcol-voice/otelcol-voice/receiver/voiceframereceiver/internal/signature"
)

// report is a platform of tests: a post is a call id, whose call has ended and cost a dollar, or one of a few words.
func report(body []byte) ([]frame.Frame, error) {
	switch text := string(body); text {
	case "status":
		return nil, wire.ErrIgnored
	case "nonsense":
		return nil, frame.Faultf(frame.NotJSON, "", "not JSON")
	case "half":
		fault := frame.Faultf(frame.BadValue, "costs[0].cost", "must be a number")
		return []frame.Frame{{CallID: text, ID: 1, Events: []frame.Event{{Kind: frame.CallEnded}}, Faults: []frame.Fault{fault}}}, nil
	case "nameless":
		return []frame.Frame{{Conversation: "vendor-id", ID: 1, Events: []frame.Event{{Kind: frame.CallEnded}}}}, nil
	case "many":
		return []frame.Frame{{CallID: text, Events: make([]frame.Event, defaultMaxFrames+1)}}, nil
	default:
		return []frame.Frame{{CallID: text, ID: 1, Events: []frame.Event{{Kind: frame.CallEnded}}}}, nil
	}
}

// byHeader is a signature that is the secret and the body, told in a header.
func byHeader(secret string) signature.Verifier {
	return func(header http.Header, body []byte, at time.Time) error {
		if header.Get("X-Signature") != secret+" "+string(body) || !at.Equal(now) {
			return errors.New("wrong " + secret)
		}
		return nil
	}
}

// hooked is a bench for webhooks of such platforms.
func hooked(t testing.TB, change func(*WebhooksConfig)) *bench {
	such := map[string]platform{}
	for name := range platforms() {
		such[name] = platform{decode: report, verifier: byHeader}
	}
	return hookedTo(t, such, change)
}

// hookedTo is a bench for webhooks of platforms.
func hookedTo(t testing.TB, platforms map[string]platform, change func(*WebhooksConfig)) *bench {
	b := newBench(t, func(c *Config) {
		webhooks := c.Protocols.Webhooks.GetOrInsertDefault()
		webhooks.ServerConfig.NetAddr.Endpoint = "localhost:0"
		if change != nil {
			change(webhooks)
		}
	})
	b.platforms = platforms
	webhooks := b.config.Protocols.Webhooks.Get()
	handler, err := newWebhooksHandler(b.voiceReceiver, webhooks)
	require.NoError(t, err)
	b.handler = b.behind(t, &webhooks.ServerConfig, handler)
	return b
}

func TestWebhooks(t *testing.T) {
	for name, test := range map[string]struct {
		path, body string
		status     int
		answer     string
	}{
		"taken":       {"/v1/webhooks/vapi", "c1", 200, `{"accepted":1,"duplicates":0,"ignored":0,"rejected":[]}`},
		"ignored":     {"/v1/webhooks/retell", "status", 200, `{"accepted":0,"duplicates":0,"ignored":1,"rejected":[]}`},
		"nonsense":    {"/v1/webhooks/elevenlabs", "nonsense", 400, `{"accepted":0,"duplicates":0,"ignored":0,"rejected":[{"index":0,"reason":"not JSON"}]}`},
		"half":        {"/v1/webhooks/ultravox", "half", 200, `{"accepted":1,"duplicates":0,"ignored":0,"rejected":[{"index":0,"reason":"costs[0].cost: must be a number"}]}`},
		"too much":    {"/v1/webhooks/vapi", "many", 413, `{"error":"more than 10000 frames and data in one body: send fewer at once"}`},
		"no platform": {"/v1/webhooks/", "c1", 404, `{"error":"no such path: POST to /v1/webhooks/{vapi, retell, elevenlabs or ultravox}"}`},
		"unknown":     {"/v1/webhooks/hal", "c1", 404, `{"error":"no such path: POST to /v1/webhooks/{vapi, retell, elevenlabs or ultravox}"}`},
		"trailing":    {"/v1/webhooks/vapi/c1", "c1", 404, `{"error":"no such path: POST to /v1/webhooks/{vapi, retell, elevenlabs or ultravox}"}`},
		"frames":      {"/v1/frames", "c1", 404, `{"error":"no such path: POST to /v1/webhooks/{vapi, retell, elevenlabs or ultravox}"}`},
		"too large":   {"/v1/webhooks/vapi", strings.Repeat("x", 17<<20), 413, `{"error":"the body is larger than 16777216 bytes (uncompressed): send fewer frames at once"}`},
	} {
		t.Run(name, func(t *testing.T) {
			b := hooked(t, nil)
			status, answer := b.post(test.path, test.body)
			assert.Equal(t, test.status, status)
			assert.Equal(t, test.answer, answer)
		})
	}
}

// A platform posts several times about one call, and repeats what it thinks is lost: the call counts once.
func TestWebhooksRepeat(t *testing.T) {
	b := hooked(t, nil)
	for i := range 4 {
		status, _ := b.post("/v1/webhooks/vapi", "c1")
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, map[string]float64{"voice.calls.total": 1, "voice.call.duration.seconds": 0}, b.totals(), i)
	}
	assert.Equal(t, 1, b.logs.LogRecordCount())
}

// The call is named by the body, then by the request, then by the vendor's id.
func TestWebhooksNameTheCall(t *testing.T) {
	b := hooked(t, nil)
	_, _ = b.post("/v1/webhooks/vapi", "body", "X-Call-Id", "header")
	_, _ = b.post("/v1/webhooks/vapi?call_id=query", "nameless")
	_, _ = b.post("/v1/webhooks/vapi", "nameless")
	var ids []string
	for _, metrics := range b.metrics.AllMetrics() {
		id, _ := metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints().At(0).Attributes().Get("call_id")
		ids = append(ids, id.Str())
	}
	assert.Equal(t, []string{"body", "query", "vendor-id"}, ids)
}

func TestWebhookSignatures(t *testing.T) {
	for name, test := range map[string]struct {
		secret    configopaque.String
		required  bool
		signature string
		status    int
	}{
		"none needed":          {"", false, "", 200},
		"right":                {"s3cret", false, "s3cret c1", 200},
		"missing":              {"s3cret", false, "", 401},
		"wrong":                {"s3cret", false, "other c1", 401},
		"of another body":      {"s3cret", false, "s3cret c2", 401},
		"required and right":   {"s3cret", true, "s3cret c1", 200},
		"required and missing": {"s3cret", true, "", 401},
		"required, no secret":  {"", true, " c1", 401},
	} {
		t.Run(name, func(t *testing.T) {
			b := hooked(t, func(c *WebhooksConfig) {
				if test.secret != "" {
					c.Vapi = secret(test.secret)
				}
				c.RequireSignatures = test.required
			})
			status, answer := b.post("/v1/webhooks/vapi", "c1", "X-Signature", test.signature)
			assert.Equal(t, test.status, status)
			if status == 401 {
				want := `{"error":"not authorized: the signature or secret is missing or wrong"}`
				if test.secret == "" {
					want = `{"error":"not authorized: no secret is configured for vapi"}`
				}
				assert.Equal(t, want, answer)
				assert.Empty(t, b.metrics.AllMetrics())
			}
		})
	}
}

func secret(s configopaque.String) *PlatformConfig { return &PlatformConfig{Secret: s} }

// The log says why posts are refused: each to who looks closely, each kind once to everybody, and nothing of what was sent.
func TestWhyPostsAreNotAuthorized(t *testing.T) {
	b := hookedTo(t, platforms(), func(c *WebhooksConfig) {
		c.Vapi, c.RequireSignatures = secret("s3cret"), true
	})
	core, logs := observer.New(zapcore.DebugLevel)
	b.settings.Logger = zap.New(core)
	dated := []string{"X-Timestamp", "1764000000", "X-Signature", signedBy("s3cret", "1764000000.{}")}
	for range 2 {
		for _, headers := range [][]string{{}, dated, {"X-Vapi-Secret", "guess"}} {
			status, _ := b.post("/v1/webhooks/vapi", "{}", headers...)
			assert.Equal(t, http.StatusUnauthorized, status)
		}
		status, _ := b.post("/v1/webhooks/elevenlabs", "{}")
		assert.Equal(t, http.StatusUnauthorized, status)
	}
	assert.Equal(t, 8, logs.FilterLevelExact(zapcore.DebugLevel).FilterMessage("A post is not authorized").Len())
	var why []string
	for _, entry := range logs.FilterLevelExact(zapcore.WarnLevel).All() {
		why = append(why, fmt.Sprint(entry.ContextMap()["platform"], ": ", entry.ContextMap()["error"]))
	}
	assert.Equal(t, []string{
		"vapi: header X-Vapi-Secret: missing, and so are X-Vapi-Signature and X-Signature",
		"vapi: header X-Timestamp: signed more than 5m0s ago: is this a repeat, or a clock that is wrong?",
		"vapi: header X-Vapi-Secret: does not match: is it another secret, or was the body changed on its way?",
		"elevenlabs: require_signatures is on, and no secret is configured for this platform",
	}, why)
	for _, entry := range logs.All() {
		assert.NotContains(t, fmt.Sprint(entry.Message, entry.ContextMap()), "guess")
		assert.NotContains(t, fmt.Sprint(entry.Message, entry.ContextMap()), "s3cret")
	}
}

func signedBy(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// A secret that nothing can check must not pass for one that is checked.
func TestSecretWithoutVerifier(t *testing.T) {
	b := newBench(t, func(c *Config) {
		webhooks := c.Protocols.Webhooks.GetOrInsertDefault()
		webhooks.ServerConfig.NetAddr.Endpoint = "localhost:0"
		webhooks.Vapi = secret("s3cret")
	})
	b.platforms[platformVapi] = platform{decode: report}
	err := b.Start(context.Background(), componenttest.NewNopHost())
	assert.EqualError(t, err, "protocols::webhooks::vapi::secret: signatures of this platform cannot be checked")
}

func TestWebhooksDuringAnOutage(t *testing.T) {
	b := hooked(t, nil)
	b.pipeline.Metrics = consumertest.NewErr(errors.New("queue is full"))
	status, _ := b.post("/v1/webhooks/vapi", "c1")
	assert.Equal(t, http.StatusServiceUnavailable, status, "platforms repeat it")
	b.pipeline.Metrics = consumertest.NewErr(consumererror.NewPermanent(errors.New("no")))
	status, _ = b.post("/v1/webhooks/vapi", "c1")
	assert.Equal(t, http.StatusBadRequest, status, "platforms do not")
	b.pipeline.Metrics = b.metrics
	status, _ = b.post("/v1/webhooks/vapi", "c1")
	assert.Equal(t, http.StatusOK, status)
}

func TestWebhooksAreCounted(t *testing.T) {
	b := hooked(t, func(c *WebhooksConfig) { c.Retell = secret("s3cret") })
	for _, body := range []string{"c1", "c1", "status", "nonsense", "many"} {
		_, _ = b.post("/v1/webhooks/vapi", body)
	}
	_, _ = b.post("/v1/webhooks/retell", "c1")
	b.pipeline.Metrics = consumertest.NewErr(errors.New("queue is full"))
	_, _ = b.post("/v1/webhooks/ultravox", "c2")
	count := func(n int64, platform, outcome string) metricdata.DataPoint[int64] {
		return metricdata.DataPoint[int64]{Value: n, Attributes: attribute.NewSet(attribute.String("platform", platform), attribute.String("outcome", outcome))}
	}
	metadatatest.AssertEqualReceiverVoiceFrameWebhooks(t, b.telemetry, []metricdata.DataPoint[int64]{
		count(2, "vapi", "accepted"), count(1, "vapi", "ignored"), count(2, "vapi", "rejected"),
		count(1, "retell", "unauthorized"), count(1, "ultravox", "refused"),
	}, metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars())
}

// Who leaves the door open on a network is told once.
func TestOpenWebhooksAreToldOf(t *testing.T) {
	secrets := secret("s3cret")
	for name, test := range map[string]struct {
		change func(*WebhooksConfig)
		want   bool
	}{
		"loopback":    {func(c *WebhooksConfig) { c.ServerConfig.NetAddr.Endpoint = "127.0.0.1:4321" }, false},
		"localhost":   {func(*WebhooksConfig) {}, false},
		"network":     {func(c *WebhooksConfig) { c.ServerConfig.NetAddr.Endpoint = "0.0.0.0:4321" }, true},
		"any address": {func(c *WebhooksConfig) { c.ServerConfig.NetAddr.Endpoint = ":4321" }, true},
		"required":    {func(c *WebhooksConfig) { c.ServerConfig.NetAddr.Endpoint, c.RequireSignatures = ":4321", true }, false},
		"all secrets": {func(c *WebhooksConfig) {
			c.ServerConfig.NetAddr.Endpoint = ":4321"
			c.Vapi, c.Retell, c.ElevenLabs, c.Ultravox = secrets, secrets, secrets, secrets
		}, false},
		"some secrets": {func(c *WebhooksConfig) {
			c.ServerConfig.NetAddr.Endpoint = ":4321"
			c.Vapi, c.Retell = secrets, secrets
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			config := newDefaultWebhooksConfig()
			test.change(&config)
			assert.Equal(t, test.want, config.open())
		})
	}
	b := newBench(t, func(c *Config) {
		c.Protocols.Webhooks.GetOrInsertDefault().ServerConfig.NetAddr.Endpoint = ":0"
	})
	core, logs := observer.New(zapcore.WarnLevel)
	b.settings.Logger = zap.New(core)
	require.NoError(t, b.Start(context.Background(), componenttest.NewNopHost()))
	assert.Equal(t, 1, logs.FilterMessageSnippet("Anybody who can reach the webhooks").Len())
}

// No platform compresses, and signatures are about the bytes as they were sent.
func TestWebhooksThatAreCompressed(t *testing.T) {
	for _, encoding := range []string{"gzip", "br"} {
		status, answer := hooked(t, nil).post("/v1/webhooks/vapi", "c1", "Content-Encoding", encoding)
		assert.Equal(t, http.StatusUnsupportedMediaType, status)
		assert.Equal(t, `{"error":"Content-Encoding must be absent here"}`, answer)
	}
}
