package dotenvprovider

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestProviderFollowsItsContract(t *testing.T) {
	p := NewFactory().Create(confmaptest.NewNopProviderSettings())
	assert.Equal(t, "dotenv", p.Scheme())
	require.NoError(t, confmaptest.ValidateProviderScheme(p))
	require.NoError(t, p.Shutdown(t.Context()))
	require.NoError(t, p.Shutdown(t.Context()))
}

func TestRetrieveSetsVariablesAndNoConfig(t *testing.T) {
	unset(t, "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS")
	p := NewFactory().Create(confmaptest.NewNopProviderSettings())
	retrieved, err := p.Retrieve(t.Context(), "dotenv:"+filepath.Join("testdata", "guide.env"), failOnChange(t))
	require.NoError(t, err)

	conf, err := retrieved.AsConf()
	require.NoError(t, err)
	assert.Empty(t, conf.AllKeys())
	require.NoError(t, retrieved.Close(t.Context()))
	assert.Equal(t, "https://otlp-gateway-prod-ap-south-1.grafana.net/otlp", os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT"))
	assert.Equal(t, "Authorization=Basic MTIzNDU2OmdsY185ZjhlN2Q2YzViNGF+fn4/Pz94eQ==", os.Getenv("OTEL_EXPORTER_OTLP_HEADERS"))
}

func TestVariablesOfTheEnvironmentWin(t *testing.T) {
	unset(t, "DOTENV_NEW")
	t.Setenv("DOTENV_SET", "from the environment")
	t.Setenv("DOTENV_EMPTY", "")
	core, logs := observer.New(zap.DebugLevel)
	p := NewFactory().Create(confmap.ProviderSettings{Logger: zap.New(core)})
	path := writeFile(t, "DOTENV_SET=file\nDOTENV_EMPTY=file\nDOTENV_NEW=first\nDOTENV_NEW=last\n")
	retrieve(t, p, path)

	assert.Equal(t, "from the environment", os.Getenv("DOTENV_SET"))
	assert.Empty(t, os.Getenv("DOTENV_EMPTY"))
	assert.Equal(t, "last", os.Getenv("DOTENV_NEW"))
	require.Equal(t, 1, logs.Len())
	assert.Equal(t, map[string]any{
		"path": path, "set": int64(2), "already_in_environment": []any{"DOTENV_SET", "DOTENV_EMPTY"},
	}, logs.All()[0].ContextMap())
}

func TestOfTwoFilesTheLaterWins(t *testing.T) {
	unset(t, "DOTENV_BOTH", "DOTENV_FIRST")
	first, second := writeFile(t, "DOTENV_BOTH=1\nDOTENV_FIRST=1"), writeFile(t, "DOTENV_BOTH=2")
	p := NewFactory().Create(confmaptest.NewNopProviderSettings())
	retrieve(t, p, first)
	retrieve(t, p, second)
	assert.Equal(t, "2", os.Getenv("DOTENV_BOTH"))
	assert.Equal(t, "1", os.Getenv("DOTENV_FIRST"))
}

func TestReloadFollowsTheFile(t *testing.T) {
	unset(t, "DOTENV_CHANGED", "DOTENV_GONE", "DOTENV_ADDED")
	t.Setenv("DOTENV_SET", "environment")
	path := writeFile(t, "DOTENV_CHANGED=1\nDOTENV_GONE=1\nDOTENV_SET=1")
	p := NewFactory().Create(confmaptest.NewNopProviderSettings())
	retrieve(t, p, path)
	require.Equal(t, "1", os.Getenv("DOTENV_GONE"))

	require.NoError(t, os.WriteFile(path, []byte("DOTENV_CHANGED=2\nDOTENV_ADDED=2"), 0o600))
	retrieve(t, p, path)
	assert.Equal(t, "2", os.Getenv("DOTENV_CHANGED"))
	assert.Equal(t, "2", os.Getenv("DOTENV_ADDED"))
	assert.Equal(t, "environment", os.Getenv("DOTENV_SET"))
	_, isSet := os.LookupEnv("DOTENV_GONE")
	assert.False(t, isSet)

	t.Setenv("DOTENV_GONE", "environment") // no longer this provider's
	require.NoError(t, os.WriteFile(path, []byte("DOTENV_GONE=3"), 0o600))
	retrieve(t, p, path)
	assert.Equal(t, "environment", os.Getenv("DOTENV_GONE"))
}

func TestMalformedFileSetsNothing(t *testing.T) {
	for name, tt := range malformed {
		t.Run(name, func(t *testing.T) {
			unset(t, "A", "DOTENV_BEFORE")
			core, logs := observer.New(zap.DebugLevel)
			p := NewFactory().Create(confmap.ProviderSettings{Logger: zap.New(core)})
			path := writeFile(t, "DOTENV_BEFORE=1\n"+tt.text)
			_, err := p.Retrieve(t.Context(), "dotenv:"+path, failOnChange(t))
			require.EqualError(t, err, fmt.Sprintf("dotenv: %s: line %d %s", path, tt.line+1, tt.want))
			assert.Zero(t, logs.Len())
			for _, name := range []string{"A", "DOTENV_BEFORE"} {
				_, isSet := os.LookupEnv(name)
				assert.False(t, isSet, name)
			}
		})
	}
}

func TestRetrieveSaysWhichFileIsMissing(t *testing.T) {
	p := NewFactory().Create(confmaptest.NewNopProviderSettings())
	path := filepath.Join(t.TempDir(), "no.env")
	_, err := p.Retrieve(t.Context(), "dotenv:"+path, nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, path)
	require.ErrorContains(t, err, "correct the path in --config dotenv:PATH")

	_, err = p.Retrieve(t.Context(), "dotenv:"+t.TempDir(), nil)
	require.ErrorContains(t, err, "cannot read the file")
	_, err = p.Retrieve(t.Context(), "dotenv:", nil)
	require.ErrorIs(t, err, errNoPath)
	_, err = p.Retrieve(t.Context(), "file:.env", nil)
	require.EqualError(t, err, `"file:.env" uri is not supported by "dotenv" provider`)
}

// The resolver reads every location before it expands anything, so the order of --config does not matter.
func TestVariablesAreThereWhenTheConfigIsExpanded(t *testing.T) {
	yaml := writeFile(t, "key: ${env:DOTENV_KEY}\nbare: ${DOTENV_KEY}\nnested: {list: [\"a ${env:DOTENV_KEY}\"]}\n")
	env := writeFile(t, "DOTENV_KEY=Authorization=Basic abc== # c\n")
	want := map[string]any{
		"key": "Authorization=Basic abc==", "bare": "Authorization=Basic abc==",
		"nested": map[string]any{"list": []any{"a Authorization=Basic abc=="}},
	}
	for name, uris := range map[string][]string{
		"first":   {"dotenv:" + env, "file:" + yaml},
		"last":    {"file:" + yaml, "dotenv:" + env},
		"between": {"file:" + yaml, "dotenv:" + env, yaml},
	} {
		t.Run(name, func(t *testing.T) {
			unset(t, "DOTENV_KEY")
			assert.Equal(t, want, resolve(t, newResolver(t, uris...)))
		})
	}
}

func TestAloneItIsAnEmptyConfig(t *testing.T) {
	unset(t, "DOTENV_KEY")
	resolver := newResolver(t, "dotenv:"+writeFile(t, "DOTENV_KEY=1"))
	assert.Empty(t, resolve(t, resolver))
}

func TestResolverReloads(t *testing.T) {
	unset(t, "DOTENV_KEY")
	env, yaml := writeFile(t, "DOTENV_KEY=a"), writeFile(t, "key: ${env:DOTENV_KEY}")
	resolver := newResolver(t, "dotenv:"+env, "file:"+yaml)
	assert.Equal(t, map[string]any{"key": "a"}, resolve(t, resolver))
	require.NoError(t, os.WriteFile(env, []byte("DOTENV_KEY=b"), 0o600))
	assert.Equal(t, map[string]any{"key": "b"}, resolve(t, resolver))
	select {
	case <-resolver.Watch():
		assert.Fail(t, "the provider does not watch")
	default:
	}
}

// A drive letter is part of the path: only a location that begins with it is taken for a file by the resolver.
func TestWindowsPath(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("makes a file with a name that Windows does not allow")
	}
	unset(t, "DOTENV_KEY")
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile(`C:\bot\.env`, []byte("DOTENV_KEY=1"), 0o600))
	assert.Empty(t, resolve(t, newResolver(t, `dotenv:C:\bot\.env`)))
	assert.Equal(t, "1", os.Getenv("DOTENV_KEY"))
}

func retrieve(t *testing.T, p confmap.Provider, path string) {
	t.Helper()
	_, err := p.Retrieve(t.Context(), "dotenv:"+path, failOnChange(t))
	require.NoError(t, err)
}

func failOnChange(t *testing.T) confmap.WatcherFunc {
	return func(*confmap.ChangeEvent) { t.Error("the provider does not watch") }
}

func newResolver(t *testing.T, uris ...string) *confmap.Resolver {
	t.Helper()
	resolver, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs: uris,
		ProviderFactories: []confmap.ProviderFactory{
			NewFactory(), envprovider.NewFactory(), fileprovider.NewFactory(),
		},
		DefaultScheme: "env",
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, resolver.Shutdown(t.Context())) })
	return resolver
}

func resolve(t *testing.T, resolver *confmap.Resolver) map[string]any {
	t.Helper()
	conf, err := resolver.Resolve(t.Context())
	require.NoError(t, err)
	return conf.ToStringMap()
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// unset takes variables out of the environment for the time of the test.
func unset(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		t.Setenv(name, "") // so that the cleanup restores it
		require.NoError(t, os.Unsetenv(name))
	}
}
