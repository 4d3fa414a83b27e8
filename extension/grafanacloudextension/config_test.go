package grafanacloudextension

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"

	"github.com/otelcol-voice/otelcol-voice/confmap/dotenvprovider"
	"github.com/otelcol-voice/otelcol-voice/extension/grafanacloudextension/internal/metadata"
)

func TestLoadConfig(t *testing.T) {
	conf, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	for id, want := range map[component.ID]struct {
		config *Config
		errs   []error
	}{
		component.NewID(metadata.Type): {
			config: &Config{Endpoint: testEndpoint, Headers: "Authorization=Basic MTIzNDU2OmdsY19leGFtcGxl", Preflight: PreflightOn},
		},
		component.NewIDWithName(metadata.Type, "own_mimir"): {
			config: &Config{
				Endpoint: "http://localhost:9009/otlp",
				Headers:  "Authorization=Basic%20dm9pY2U6cGFzcw==,X-Scope-OrgID=voice", Preflight: PreflightOff, Strict: true,
			},
		},
		component.NewIDWithName(metadata.Type, "pair"): {
			config: &Config{Endpoint: testEndpoint, InstanceID: "123456", Token: "glc_example", Preflight: PreflightOn},
		},
		component.NewIDWithName(metadata.Type, "files"): {
			config: &Config{
				Endpoint: testEndpoint, InstanceIDFile: "testdata/instance_id", TokenFile: "testdata/token", Preflight: PreflightOn,
			},
		},
		component.NewIDWithName(metadata.Type, "headers_file"): {
			config: &Config{Endpoint: testEndpoint, HeadersFile: "testdata/headers", Preflight: PreflightOn},
		},
		component.NewIDWithName(metadata.Type, "too_much"): {
			config: &Config{Endpoint: testEndpoint, Headers: "x=1", Token: "glc_example", Preflight: "maybe"},
			errs:   []error{errPreflight, errTwoForms},
		},
		component.NewIDWithName(metadata.Type, "nothing_set"): {
			config: &Config{Preflight: PreflightOn},
			errs:   []error{errEndpointEmpty, errHeadersEmpty},
		},
	} {
		t.Run(id.String(), func(t *testing.T) {
			cfg := NewFactory().CreateDefaultConfig()
			sub, err := conf.Sub(id.String())
			require.NoError(t, err)
			require.NoError(t, sub.Unmarshal(cfg))
			assert.Equal(t, want.config, cfg)

			err = confmap.Validate(cfg)
			if len(want.errs) == 0 {
				require.NoError(t, err)
			}
			for _, wantErr := range want.errs {
				require.ErrorContains(t, err, wantErr.Error())
			}
		})
	}
}

func TestUnsetVariablesNameTheRemedy(t *testing.T) {
	unset(t, "OTEL_EXPORTER_OTLP_ENDPOINT")
	unset(t, "OTEL_EXPORTER_OTLP_HEADERS")
	err := confmap.Validate(resolveConfig(t, shippedYAML))
	require.EqualError(t, err, "endpoint is empty: set the environment variable OTEL_EXPORTER_OTLP_ENDPOINT, "+
		"for example OTEL_EXPORTER_OTLP_ENDPOINT=https://otlp-gateway-<zone>.grafana.net/otlp "+
		"(a .env file is read with --config dotenv:.env)\n"+
		"headers is empty, and no other credential is set: set the environment variable OTEL_EXPORTER_OTLP_HEADERS, "+
		"for example OTEL_EXPORTER_OTLP_HEADERS=Authorization=Basic <base64 of INSTANCE_ID:TOKEN> "+
		"(a .env file is read with --config dotenv:.env)")
}

// The guide's file works as it is, through a dotenv location, with the space that a shell would cut at.
func TestGuidesEnvFile(t *testing.T) {
	unset(t, "OTEL_EXPORTER_OTLP_ENDPOINT")
	unset(t, "OTEL_EXPORTER_OTLP_HEADERS")
	envFile := filepath.Join("..", "..", "confmap", "dotenvprovider", "testdata", "guide.env")
	cfg := resolveConfig(t, shippedYAML, "dotenv:"+envFile)
	require.NoError(t, confmap.Validate(cfg))
	assert.Equal(t, testEndpoint, cfg.Endpoint)
	got, err := parseCredentials(string(cfg.Headers))
	require.NoError(t, err)
	assert.Equal(t, testInstance, got.pair.instanceID())
	assert.Equal(t, http.Header{"Authorization": {"Basic " + b64(testPair)}}, got.headers)
}

func TestHeadersArriveByteForByte(t *testing.T) {
	for _, value := range []string{
		"Authorization=Basic " + b64(testPair),
		"Authorization=Basic%20" + b64(testPair),
		"Authorization=Basic abc==",
		"Authorization=Basic abc== # prod",
		"Authorization=Basic abc==,X-Note=a: b",
		"Authorization: Basic abc==",
		"- Authorization=Basic abc==",
		"{Authorization=Basic abc==}",
		"[Authorization=Basic abc==, x=1]",
		`"Authorization=Basic abc=="`,
		`'Authorization=Basic abc=='`,
		`"Authorization=Basic abc==`,
		"& Authorization=Basic abc==",
		"*Authorization=Basic abc==",
		"!Authorization=Basic abc==",
		"%Authorization=Basic abc==",
		"@Authorization=Basic abc==",
		"| Authorization=Basic abc==",
		"  Authorization=Basic abc==  \n",
		"Authorization=Basic abc\n def==",
		"x: 1\nx: 2",
		"a=$b$", "a={$}", "~", "null", "true", "1e3", "0x10", "2025-11-25", "",
	} {
		t.Run(value, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", value)
			assert.Equal(t, value, string(resolveConfig(t, shippedYAML).Headers))
		})
	}
}

// What the collector's own expansion does to a "$" inside a value is known, and in the README.
func TestDollarSignsInHeadersAreExpanded(t *testing.T) {
	t.Setenv("OTHER", "z")
	for value, want := range map[string]string{
		"x=a$$b":     "x=a$b",
		"x=${OTHER}": "x=z",
	} {
		t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", value)
		assert.Equal(t, want, string(resolveConfig(t, shippedYAML).Headers))
	}
}

func TestHeadersAsMapAreRefusedWithoutTheirValues(t *testing.T) {
	conf := confmap.NewFromStringMap(map[string]any{
		"headers": map[string]any{"Authorization": "Basic " + b64(testPair)},
	})
	err := conf.Unmarshal(NewFactory().CreateDefaultConfig())
	require.ErrorContains(t, err, "headers")
	assertNoSecret(t, err.Error())
}

func TestConfigNeverShowsTheSecret(t *testing.T) {
	cfg := &Config{
		Endpoint: testEndpoint, Headers: configopaque.String("Authorization=Basic " + b64(testPair)), Token: configopaque.String(testToken),
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		assertNoSecret(t, fmt.Sprintf(verb, cfg))
		assertNoSecret(t, fmt.Sprintf(verb, *cfg))
		assertNoSecret(t, fmt.Sprintf(verb, cfg.Headers))
	}
	conf := confmap.New()
	require.NoError(t, conf.Marshal(cfg))
	assert.Equal(t, "[REDACTED]", fmt.Sprint(conf.Get("headers")))
	assert.Equal(t, "[REDACTED]", fmt.Sprint(conf.Get("token")))
}

func TestValidateNeverShowsTheSecret(t *testing.T) {
	for name, tt := range badCredentials {
		t.Run(name, func(t *testing.T) {
			swapped := &Config{Endpoint: tt.list, Headers: configopaque.String(testEndpoint)}
			cfg := &Config{Endpoint: testEndpoint, Headers: configopaque.String(tt.list)}
			require.ErrorIs(t, cfg.Validate(), tt.want)
			for _, err := range []error{cfg.Validate(), confmap.Validate(cfg), swapped.Validate()} {
				require.Error(t, err)
				assertNoSecret(t, err.Error())
				assertNoSecret(t, fmt.Sprintf("%+v %#v", err, err))
			}
		})
	}
}

const shippedYAML = `
endpoint: ${env:OTEL_EXPORTER_OTLP_ENDPOINT}
headers: ${env:OTEL_EXPORTER_OTLP_HEADERS}
`

// resolveConfig takes YAML the way of the collector: from a file, behind other locations, with ${env:…} expanded by the
// stock provider.
func resolveConfig(t *testing.T, yaml string, before ...string) *Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte(yaml), 0o600))
	resolver, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs: append(before, "file:"+path),
		ProviderFactories: []confmap.ProviderFactory{
			dotenvprovider.NewFactory(), envprovider.NewFactory(), fileprovider.NewFactory(),
		},
		DefaultScheme: "env",
	})
	require.NoError(t, err)
	conf, err := resolver.Resolve(t.Context())
	require.NoError(t, err)
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, conf.Unmarshal(cfg))
	return cfg
}

// Values keep their letters although an instance id may be a number.
func TestInstanceIDMayBeANumber(t *testing.T) {
	t.Setenv("ID", "123456")
	t.Setenv("TOKEN", "1e3")
	for _, id := range []string{"123456", `"123456"`, "${env:ID}"} {
		cfg := resolveConfig(t, "instance_id: "+id+"\ntoken: ${env:TOKEN}\n")
		assert.Equal(t, "123456 1e3", cfg.InstanceID+" "+string(cfg.Token), id)
	}
	conf := confmap.NewFromStringMap(map[string]any{"instance_id": map[string]any{}, "unknown": 1})
	require.Error(t, conf.Unmarshal(createDefaultConfig()))
}

func unset(t *testing.T, name string) {
	t.Helper()
	t.Setenv(name, "") // so that the cleanup restores it
	require.NoError(t, os.Unsetenv(name))
}
