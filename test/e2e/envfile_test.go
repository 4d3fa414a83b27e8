package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// What the guide's .env file is about: its host, and what is behind its Authorization.
const (
	guideHost   = "otlp-gateway-prod-ap-south-1.grafana.net"
	guideUser   = "123456"
	guideToken  = "glc_9f8e7d6c5b4a~~~???xy"
	guideFile   = "confmap/dotenvprovider/testdata/guide.env"
	guideSecret = "MTIzNDU2OmdsY185ZjhlN2Q2YzViNGF+fn4/Pz94eQ=="
)

// The guide's file, byte for byte, with the shipped configuration: each signal arrives at the gateway that the file names,
// by TLS, and with the credential as the gateway reads it. The host is reached through a proxy that leads to this process.
func TestGuidesEnvFile(t *testing.T) {
	// The process trusts SSL_CERT_FILE on Linux and other Unixes; macOS asks its keychain.
	g := startTLSGateway(t, guideHost)
	c := collector.Start(t, collector.Settings{
		Config: cloudConfig, Overlay: quick, EnvFile: filepath.Join(collector.Repository(t), guideFile),
		Env: map[string]string{"HTTPS_PROXY": g.proxy, "SSL_CERT_FILE": g.authority},
	})
	post(t, c, []byte(fiveLines), "", 5)
	for _, path := range []string{"/otlp/v1/metrics", "/otlp/v1/logs", "/otlp/v1/traces"} {
		eventually(t, path, func() bool { return len(g.at(path)) > 0 })
	}
	eventually(t, "the line by which the guide knows", func() bool {
		return strings.Contains(c.Logs(), `"OpenTelemetry configured for Grafana Cloud"`)
	})
	c.Stop()
	for _, path := range []string{"/otlp/v1/metrics", "/otlp/v1/logs", "/otlp/v1/traces"} {
		for _, request := range g.at(path) {
			user, token, ok := request.BasicAuth()
			assert.True(t, ok)
			assert.Equal(t, guideHost+" "+guideUser+" "+guideToken, request.Host+" "+user+" "+token)
			assert.Equal(t, []string{"Basic " + guideSecret}, request.Header["Authorization"])
		}
	}
	assert.True(t, strings.Contains(c.Logs(), `"zone":"prod-ap-south-1","instance_id":"123456"`))
	for _, secret := range []string{guideSecret[9:], guideToken[4:], guideToken} {
		assert.False(t, strings.Contains(c.Logs(), secret), "the log holds the credential")
	}
}

// tlsGateway takes everything that comes by TLS for its host, and is reached through a proxy.
type tlsGateway struct {
	proxy     string // URL
	authority string // file of the certificate that signs the gateway's

	mu       sync.Mutex
	requests []*http.Request
}

func startTLSGateway(t *testing.T, host string) *tlsGateway {
	t.Helper()
	g := &tlsGateway{authority: filepath.Join(t.TempDir(), "authority.pem")}
	server := httptest.NewUnstartedServer(g)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certify(t, host, g.authority)}}
	server.StartTLS()
	t.Cleanup(server.Close)
	proxy := httptest.NewServer(tunnel(server.Listener.Addr().String()))
	t.Cleanup(proxy.Close)
	g.proxy = proxy.URL
	return g
}

func (g *tlsGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/x-protobuf")
	g.mu.Lock()
	defer g.mu.Unlock()
	g.requests = append(g.requests, r)
}

func (g *tlsGateway) at(path string) []*http.Request {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []*http.Request
	for _, r := range g.requests {
		if r.URL.Path == path {
			all = append(all, r)
		}
	}
	return all
}

// certify makes an authority, writes its certificate to a file, and makes with it a certificate for a host.
func certify(t *testing.T, host, authorityFile string) tls.Certificate {
	t.Helper()
	template := func(serial int64) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: host},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		}
	}
	root, leaf := template(1), template(2)
	root.IsCA, root.BasicConstraintsValid, root.KeyUsage = true, true, x509.KeyUsageCertSign
	leaf.DNSNames = []string{host}
	rootKey, leafKey := newKey(t), newKey(t)
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	require.NoError(t, err)
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, leafKey.Public(), rootKey)
	require.NoError(t, err)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootDER})
	require.NoError(t, os.WriteFile(authorityFile, text, 0o600))
	return tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: leafKey}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

// tunnel is a proxy that leads every CONNECT to one address.
func tunnel(address string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != guideHost+":443" {
			http.Error(w, "only for the gateway", http.StatusForbidden)
			return
		}
		far, err := net.Dial("tcp", address)
		if err != nil {
			http.Error(w, "no gateway", http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusOK)
		near, read, err := http.NewResponseController(w).Hijack()
		if err != nil {
			_ = far.Close()
			return
		}
		go join(near, far)
		join(far, read) // by its buffer: the server may have read a byte of the handshake before it let go of the connection
	})
}

// join hands on what one side says until it says no more.
func join(to io.WriteCloser, from io.Reader) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
}
