package voiceframereceiver

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configauth"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configtls"

	"github.com/otelcol-voice/otelcol-voice/internal/keep/keeptest"
)

// guard is an authenticator that lets one credential through. (test/e2e has the stock ones.)
type guard struct{ component.Component }

func (guard) Authenticate(ctx context.Context, sources map[string][]string) (context.Context, error) {
	for name, values := range sources {
		if strings.EqualFold(name, "Authorization") && slices.Equal(values, []string{"Bearer t0ken"}) {
			return ctx, nil
		}
	}
	return ctx, errors.New("secret: what the guard thinks of a credential")
}

// An extension guards POST and WebSocket alike, and what it says of a credential is not repeated.
func TestAuthenticator(t *testing.T) {
	id := component.MustNewID("guard")
	b, address := listening(t, nil)
	b.config.Protocols.Frames.Get().ServerConfig.Auth = configoptional.Some(
		confighttp.AuthConfig{Config: configauth.Config{AuthenticatorID: id}})
	require.NoError(t, b.Start(context.Background(), extended(id, guard{})))
	for credential, want := range map[string]struct{ post, stream int }{
		"Bearer t0ken": {200, 101}, "Bearer other": {401, 401}, "": {401, 401},
	} {
		header := http.Header{"Content-Type": {"application/json"}}
		if credential != "" {
			header.Set("Authorization", credential)
		}
		req, err := http.NewRequest(http.MethodPost, "http://"+address+"/v1/frames/c1", strings.NewReader(spoken(0)))
		require.NoError(t, err)
		req.Header = header
		response, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		var said errorBody
		require.NoError(t, json.NewDecoder(response.Body).Decode(&said))
		require.NoError(t, response.Body.Close())
		assert.Equal(t, want.post, response.StatusCode, credential)
		if want.post == 401 {
			assert.Equal(t, "not authorized: check the credentials that the receiver's auth extension asks for", said.Error)
		}
		conn, response, err := websocket.Dial(context.Background(), "ws://"+address+"/v1/frames/ws/c1", &websocket.DialOptions{HTTPHeader: header})
		require.Equal(t, want.stream == 101, err == nil, err)
		assert.Equal(t, want.stream, response.StatusCode, credential)
		if err == nil {
			assert.NoError(t, conn.Close(websocket.StatusNormalClosure, ""))
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// certificate is one for localhost, in files.
func certificate(t *testing.T) (config configtls.ServerConfig, roots *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	config = configtls.NewDefaultServerConfig()
	config.CertFile, config.KeyFile = filepath.Join(t.TempDir(), "server.crt"), filepath.Join(t.TempDir(), "server.key")
	require.NoError(t, os.WriteFile(config.CertFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(config.KeyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots = x509.NewCertPool()
	roots.AddCert(parsed)
	return config, roots
}

func TestTLS(t *testing.T) {
	config, roots := certificate(t)
	b, address := started(t, func(c *Config) { c.Protocols.Frames.Get().ServerConfig.TLS = configoptional.Some(config) })
	for _, http2 := range []bool{false, true} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: http2}
		client := &http.Client{Transport: transport}
		response, err := client.Post("https://"+address+"/v1/frames/c1", "application/json", strings.NewReader(spoken(0)))
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, response.StatusCode)
		assert.Equal(t, http2, response.ProtoMajor == 2)
		require.NoError(t, response.Body.Close())
		if !http2 {
			conn, _, err := websocket.Dial(context.Background(), "wss://"+address+"/v1/frames/ws/c1", &websocket.DialOptions{HTTPClient: client})
			require.NoError(t, err)
			c := clientOn(t, conn)
			c.say(spoken(1))
			c.hearUntil(1)
			require.NoError(t, conn.Close(websocket.StatusNormalClosure, ""))
		}
		transport.CloseIdleConnections()
	}
	response, err := http.Post("http://"+address+"/v1/frames/c1", "application/json", strings.NewReader(spoken(2)))
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadRequest, response.StatusCode, "plain HTTP to TLS")
	require.NoError(t, response.Body.Close())
	http.DefaultClient.CloseIdleConnections()
	assert.Equal(t, 2.0, b.totals()["voice.tts.characters.total"])
}

// No web page gets an answer that its browser would show it, unless it is allowed.
func TestCORS(t *testing.T) {
	for name, test := range map[string]struct {
		allowed []string
		want    string
	}{
		"off": {nil, ""},
		"on":  {[]string{"https://*.example.com"}, "https://app.example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(c *Config) {
				if test.allowed != nil {
					c.Protocols.Frames.Get().ServerConfig.CORS = configoptional.Some(confighttp.CORSConfig{AllowedOrigins: test.allowed})
				}
			})
			w := b.record(http.MethodPost, "/v1/frames/c1", spoken(0), "Origin", "https://app.example.com")
			assert.Equal(t, test.want, w.Header().Get("Access-Control-Allow-Origin"))
		})
	}
}

// Both servers share the calls: what a bot says while it talks and what its platform says at the end.
func TestFramesAndWebhooksTogether(t *testing.T) {
	hooks := freeAddress(t)
	b, address := listening(t, func(c *Config) {
		c.Protocols.Webhooks.GetOrInsertDefault().ServerConfig.NetAddr.Endpoint = hooks
	})
	b.platforms[platformVapi] = platform{decode: report, verifier: byHeader}
	require.NoError(t, b.Start(context.Background(), componenttest.NewNopHost()))
	for _, url := range []string{"http://" + address + "/v1/frames/c1", "http://" + hooks + "/v1/webhooks/vapi"} {
		body := spoken(0)
		if strings.Contains(url, hooks) {
			body = "c1"
		}
		response, err := http.Post(url, "application/json", strings.NewReader(body))
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, response.StatusCode)
		require.NoError(t, response.Body.Close())
	}
	http.DefaultClient.CloseIdleConnections()
	assert.Equal(t, 1.0, b.totals()["voice.calls.total"])
	assert.Equal(t, 1, b.logs.LogRecordCount())
}

// Each pipeline has a component of its own, and the collector watches them all. A listener that dies is the collector's end.
func TestAllPipelinesHearOfTheState(t *testing.T) {
	b := newBench(t, nil)
	hosts := make([]*keeptest.Host, 3)
	for i := range hosts {
		hosts[i] = &keeptest.Host{}
	}
	require.NoError(t, b.Start(context.Background(), hosts[0]))
	require.NoError(t, b.Start(context.Background(), hosts[1]))
	listener, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	b.accept(&http.Server{ReadHeaderTimeout: time.Second}, listener)
	require.NoError(t, b.Start(context.Background(), hosts[2]), "a late one hears of it")
	for i, want := range []componentstatus.Status{
		componentstatus.StatusPermanentError, componentstatus.StatusFatalError, componentstatus.StatusPermanentError,
	} {
		assert.Equal(t, []componentstatus.Status{want}, hosts[i].Events(), i)
	}
}

// A second listener that cannot be had closes the first.
func TestStartFailsOnATakenWebhookPort(t *testing.T) {
	taken, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	b, address := listening(t, func(c *Config) {
		c.Protocols.Webhooks.GetOrInsertDefault().ServerConfig.NetAddr.Endpoint = taken.Addr().String()
	})
	require.ErrorContains(t, b.Start(context.Background(), componenttest.NewNopHost()), "protocols::webhooks::endpoint")
	again, err := net.Listen("tcp", address)
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

func TestWebhooksAlone(t *testing.T) {
	b := newBench(t, func(c *Config) {
		c.Protocols.Frames = configoptional.None[FramesConfig]()
		c.Protocols.Webhooks.GetOrInsertDefault().ServerConfig.NetAddr.Endpoint = "localhost:0"
	})
	require.NoError(t, b.config.Validate())
	require.NoError(t, b.Start(context.Background(), componenttest.NewNopHost()))
	assert.Len(t, b.servers, 1)
}
