package grafanacloudextension

import (
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/confmap"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

var update = flag.Bool("update", false, "write the verdicts into README.md anew")

// ill is a configuration with one thing wrong, and what is said of it without asking anybody.
type ill struct {
	part   string // what has it
	what   string
	config Config
	want   error
	// odd says that it may work: a warning.
	odd bool
}

func listed(headers string) Config {
	return Config{Endpoint: testEndpoint, Headers: configopaque.String(headers)}
}

func basic(pair string) Config { return listed("Authorization=Basic " + b64(pair)) }

func at(endpoint string) Config {
	return Config{Endpoint: endpoint, Headers: configopaque.String("Authorization=Basic " + b64(testPair))}
}

func apart(instanceID, token string) Config {
	return Config{Endpoint: testEndpoint, InstanceID: instanceID, Token: configopaque.String(token)}
}

// hinting is a token whose body names an organization and a region, as those that Grafana Cloud hands out.
func hinting(org, region string) string {
	body := fmt.Sprintf(`{"o":%q,"n":"voice","k":"9f8e7d6c5b4a","m":{"r":%q}}`, org, region)
	return "glc_" + base64.StdEncoding.EncodeToString([]byte(body))
}

const (
	gateway443 = "https://otlp-gateway-prod-ap-south-1.grafana.net"
	mimir      = "http://localhost:9009"
)

// ills is every row of the doctor's table.
var ills = []ill{
	{"headers", "nothing set", listed(""), errHeadersEmpty, false},
	{"headers", "no `=`", listed(testToken), errHeaderNoEquals, false},
	{"headers", "no name, or `:` after it", listed("Authorization: Basic " + b64(testPair)), errHeaderName, false},
	{"headers", "a name twice", listed("x=1,X=2"), errHeaderTwice, false},
	{"headers", "no `Authorization`", listed("X-Scope-OrgID=voice"), errAuthorizationMissing, false},
	{"headers", "quotes kept from `.env`", listed(`"Authorization=Basic ` + b64(testPair) + `"`), errHeaderQuoted, false},
	{"headers", "CR, LF or wrapped base64", listed("Authorization=Basic " + b64(testPair)[:20] + "\n" + b64(testPair)[20:]), errHeaderControl, false},
	{"scheme", "no `Basic `", listed("Authorization=" + b64(testPair)), errScheme, false},
	{"scheme", "`Bearer` to Grafana Cloud", listed("Authorization=Bearer " + testToken), errBearer, false},
	{"scheme", "`Bearer` and more", listed("Authorization=Bearer Basic " + b64(testPair)), errBearerSpace, false},
	{"scheme", "quotes inside", listed(`Authorization="Basic ` + b64(testPair) + `"`), errQuoted, false},
	{"scheme", "`%20` or `%3D` encoded twice", listed("Authorization=Basic%2520" + b64(testPair)), errPercent, false},
	{"scheme", "cut off by a shell", listed("Authorization=Basic"), errCutOff, false},
	{"base64", "the guide's placeholder", listed("Authorization=Basic <your_base64_encoded_instance_id:token>"), errPlaceholder, false},
	{"base64", "not base64", listed("Authorization=Basic " + b64(testPair) + "#"), errNotBase64, false},
	{"base64", "not encoded", listed("Authorization=Basic " + testPair), errNotEncoded, false},
	{"base64", "the token alone", listed("Authorization=Basic " + b64(testToken)), errTokenOnly, false},
	{"base64", "encoded twice", listed("Authorization=Basic " + b64(b64(testPair))), errTwiceEncoded, false},
	{"base64", "URL-safe alphabet", listed("Authorization=Basic " + base64.URLEncoding.EncodeToString([]byte(testPair))), errURLAlphabet, false},
	{"base64", "a line break inside (`echo` without `-n`)", basic(testPair + "\n"), errControl, false},
	{"instance id", "`TOKEN:INSTANCE_ID`", basic(testToken + ":" + testInstance), errSwapped, false},
	{"instance id", "nothing", basic(":" + testToken), errUserEmpty, false},
	{"instance id", "an e-mail address", basic("me@example.com:" + testToken), errUserEmail, false},
	{"instance id", "a placeholder", basic("YOUR_INSTANCE_ID:" + testToken), errUserPlaceholder, false},
	{"instance id", "a name: of the organization, the stack, a user", basic("mystack:" + testToken), errUserNotNumber, false},
	{"instance id", "the organization's id", basic(testInstance + ":" + hinting(testInstance, "prod-ap-south-1")), errOddUserIsOrg, true},
	{"token", "nothing", basic(testInstance + ":"), errTokenEmpty, false},
	{"token", "a placeholder", basic(testInstance + ":YOUR_TOKEN"), errTokenPlaceholder, false},
	{"token", "a space", basic(testInstance + ": " + testToken), errTokenSpace, false},
	{"token", "`glsa_…`", basic(testInstance + ":glsa_9f8e7d6c5b4a"), errTokenServiceAccount, false},
	{"token", "`eyJrIjoi…`", basic(testInstance + ":eyJrIjoi9f8e7d6c5b4a"), errTokenLegacy, false},
	{"token", "anything else without `glc_`", basic(testInstance + ":9f8e7d6c5b4a"), errOddTokenKind, true},
	{"token", "of another region", basic(testInstance + ":" + hinting("77", "prod-eu-west-2")), errOddTokenZone, true},
	{"`instance_id`, `token`", "two forms at once", Config{Endpoint: testEndpoint, Headers: "Authorization=Basic YTpi", Token: testToken}, errTwoForms, false},
	{"`instance_id`, `token`", "value and file", Config{Endpoint: testEndpoint, InstanceID: "1", InstanceIDFile: "x", Token: testToken}, errInstanceIDTwice, false},
	{"`instance_id`, `token`", "value and file", Config{Endpoint: testEndpoint, InstanceID: "1", TokenFile: "x", Token: testToken}, errTokenTwice, false},
	{"`instance_id`, `token`", "no instance id", apart("", testToken), errInstanceIDUnset, false},
	{"`instance_id`, `token`", "no token", apart(testInstance, ""), errTokenUnset, false},
	{"`instance_id`, `token`", "quotes", apart(testInstance, `"`+testToken+`"`), errPairQuoted, false},
	{"`instance_id`, `token`", "a line break inside", apart(testInstance, testToken[:9]+"\n"+testToken[9:]), errPairControl, false},
	{"`instance_id`, `token`", "a header", apart(testInstance, "Basic "+b64(testPair)), errTokenIsHeader, false},
	{"`instance_id`, `token`", "base64 of the pair", apart(testInstance, b64(testPair)), errTokenIsPair, false},
	{"`instance_id`, `token`", "the pair", apart(testInstance, testPair), errTokenHoldsPair, false},
	{"`instance_id`, `token`", "wrong kind, as above", apart(testInstance, "glsa_9f8e7d6c5b4a"), errTokenServiceAccount, false},
	{"endpoint", "nothing set", at(""), errEndpointEmpty, false},
	{"endpoint", "space or line break", at(testEndpoint + " "), errEndpointSpace, false},
	{"endpoint", "quotes", at(`"` + testEndpoint + `"`), errEndpointQuoted, false},
	{"endpoint", "a placeholder", at("https://otlp-gateway-<zone>.grafana.net/otlp"), errEndpointPlaceholder, false},
	{"endpoint", "no URL", at("otlp-gateway-prod-ap-south-1.grafana.net/otlp"), errEndpointNotURL, false},
	{"endpoint", "a user in it", at("https://" + testPair[:20] + "@otlp-gateway-prod-ap-south-1.grafana.net/otlp"), errEndpointUserinfo, false},
	{"endpoint", "`http://`", at("http" + testEndpoint[len("https"):]), errEndpointHTTP, false},
	{"endpoint", "no `/otlp`", at(gateway443), errEndpointPath, false},
	{"endpoint", "`/v1/metrics` at its end", at(testEndpoint + "/v1/metrics"), errEndpointSignal, false},
	{"endpoint", "the host of Prometheus, Loki or Tempo", at("https://prometheus-prod-43-prod-ap-south-1.grafana.net/api/prom/push"), errEndpointProduct, false},
	{"endpoint", "Grafana itself", at("https://mystack.grafana.net/otlp"), errEndpointNotGateway, false},
	{"endpoint", "port 4317", at(gateway443 + ":4317/otlp"), errEndpointGRPC, false},
	{"endpoint", "another port", at(gateway443 + ":4318/otlp"), errEndpointPort, false},
	{"endpoint", "another spelling of a zone", at("https://otlp-gateway-ap-south.grafana.net/otlp"), errOddEndpointZone, true},
	{"endpoint elsewhere", "port 4317", at("http://localhost:4317"), errOddEndpointGRPC, true},
	{"endpoint elsewhere", "`/v1/metrics` at its end", at(mimir + "/otlp/v1/metrics"), errOddEndpointSignal, true},
	{"`preflight`", "neither `on` nor `off`", Config{Endpoint: mimir, Headers: "Authorization=Basic YTpi", Preflight: "no"}, errPreflight, false},
}

// prepared fills in what is not what the row is about.
func (i ill) prepared() *Config {
	config := i.config
	if config.Preflight == "" {
		config.Preflight = PreflightOn
	}
	return &config
}

// Each row has its own verdict, alone, which names a remedy and shows nothing of what was set.
func TestEveryRowHasItsVerdict(t *testing.T) {
	said := map[error]bool{}
	for _, row := range ills {
		name := row.part + ": " + row.what
		t.Run(name, func(t *testing.T) {
			config := row.prepared()
			err := confmap.Validate(config)
			if row.odd {
				require.NoError(t, err)
				config.Strict = true
				err = confmap.Validate(config)
			}
			require.ErrorIs(t, err, row.want)
			assert.Len(t, strings.Split(err.Error(), "\n"), 1, "one verdict")
			assert.Equal(t, err.Error(), config.Validate().Error())
			assertNoSecret(t, err.Error())
			assertNoSecret(t, fmt.Sprintf("%+v %#v", err, err))
		})
		assert.False(t, said[row.want] && !strings.HasSuffix(row.what, "as above"), "%s has the verdict of another row", name)
		said[row.want] = true
	}
}

// What is odd is told at the start, as a warning.
func TestOddConfigurationsAreWarnedOf(t *testing.T) {
	for _, row := range ills {
		if !row.odd {
			continue
		}
		t.Run(row.what, func(t *testing.T) {
			core, logs := observer.New(zap.InfoLevel)
			warn(zap.New(core), examine(row.prepared()).warnings)
			require.Equal(t, 1, logs.Len())
			assert.Equal(t, zap.WarnLevel, logs.All()[0].Level)
			assert.Contains(t, logs.All()[0].Message, row.want.Error())
			assertNoSecret(t, logs.All()[0].Message)
		})
	}
}

func TestHealthyConfigurations(t *testing.T) {
	for name, config := range map[string]Config{
		"the guide's":               basic(testPair),
		"with a slash at the end":   at(testEndpoint + "/"),
		"with its port":             at(gateway443 + ":443/otlp"),
		"in capitals":               at("HTTPS://OTLP-GATEWAY-PROD-AP-SOUTH-1.GRAFANA.NET/otlp"),
		"a zone of many words":      at("https://otlp-gateway-prod-gov-us-east-0.grafana.net/otlp"),
		"a private link":            at("https://otlp-gateway.privatelink.eu-west-2.grafana.net/otlp"),
		"apart":                     apart(testInstance, testToken),
		"apart, with space around":  apart(" "+testInstance+"\n", testToken+"\n"),
		"token of the same zone":    basic(testInstance + ":" + hinting("77", "prod-ap-south-1")),
		"token of a wide region":    basic(testInstance + ":" + hinting("77", "us")),
		"own Mimir":                 {Endpoint: mimir + "/otlp", Headers: configopaque.String("Authorization=Basic " + b64("me@example.com:pass word"))},
		"own Prometheus":            {Endpoint: "http://prometheus:9090/api/v1/otlp", Headers: "Authorization=Bearer abc"},
		"a host named like Grafana": {Endpoint: "http://notgrafana.net:80/x", Headers: "Authorization=Bearer abc"},
	} {
		t.Run(name, func(t *testing.T) {
			config.Preflight, config.Strict = PreflightOn, true
			require.NoError(t, confmap.Validate(&config))
		})
	}
}

// A credential of Grafana's is odd for a server that is not, which may pass it on.
func TestGrafanasCredentialsElsewhere(t *testing.T) {
	for name, tt := range map[string]struct {
		pair string
		want error
	}{
		"swapped":         {testToken + ":" + testInstance, errSwapped},
		"service account": {"1:glsa_9f8e7d6c5b4a", errTokenServiceAccount},
		"legacy":          {"1:eyJrIjoi9f8e7d6c5b4a", errTokenLegacy},
		"placeholders":    {"your_user:x", errUserPlaceholder},
	} {
		t.Run(name, func(t *testing.T) {
			config := &Config{Endpoint: mimir, Headers: configopaque.String("Authorization=Basic " + b64(tt.pair)), Preflight: PreflightOn}
			require.NoError(t, config.Validate())
			config.Strict = true
			require.ErrorIs(t, config.Validate(), tt.want)
			assertNoSecret(t, config.Validate().Error())
		})
	}
}

func TestAllThatIsWrongIsTold(t *testing.T) {
	config := &Config{Endpoint: gateway443, Headers: configopaque.String("Authorization=Basic " + b64("mystack:"+testToken)), Preflight: "x"}
	err := config.Validate()
	for _, want := range []error{errPreflight, errEndpointPath, errUserNotNumber} {
		require.ErrorIs(t, err, want)
	}
}

// The page shows each verdict to the letter.
func TestVerdictsAreOnThePage(t *testing.T) {
	var offline strings.Builder
	for _, row := range ills {
		fmt.Fprintf(&offline, "| %s | %s | %s | %s |\n", row.part, row.what, row.kind(), quoted(row.want.Error()))
	}
	assertBlock(t, "offline", "| in | what | | what is said |\n|---|---|---|---|\n"+offline.String())
}

func (i ill) kind() string {
	if i.odd {
		return "warning"
	}
	return "error"
}

// quoted is text as code in a table: else angle brackets would be taken for HTML.
func quoted(text string) string { return "`" + strings.ReplaceAll(text, "|", `\|`) + "`" }

// assertBlock compares what stands between two marks of README.md, or writes it.
func assertBlock(t *testing.T, mark, want string) {
	t.Helper()
	page, err := os.ReadFile("README.md")
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(page), "<!-- "+mark+" -->\n")
	require.True(t, found, mark)
	got, after, found := strings.Cut(rest, "<!-- end "+mark+" -->\n")
	require.True(t, found, mark)
	if *update {
		text := before + "<!-- " + mark + " -->\n" + want + "<!-- end " + mark + " -->\n" + after
		require.NoError(t, os.WriteFile("README.md", []byte(text), 0o600))
		return
	}
	assert.Equal(t, want, got, "go test ./extension/grafanacloudextension -update")
}

func TestFilesOfCredentials(t *testing.T) {
	directory := t.TempDir()
	file := func(name, text string) string {
		path := directory + "/" + name
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	pairFiles := func(id, token string) Config {
		return Config{InstanceIDFile: file("id", id), TokenFile: file("token", token)}
	}
	for name, tt := range map[string]struct {
		config func() Config
		want   error
		says   string
	}{
		"headers":        {func() Config { return Config{HeadersFile: file("h", "Authorization=Basic "+b64(testPair)+"\n")} }, nil, ""},
		"pair":           {func() Config { return pairFiles(testInstance+"\r\n", testToken+"\n") }, nil, ""},
		"empty headers":  {func() Config { return Config{HeadersFile: file("h", "\n")} }, nil, "headers_file: the file is empty"},
		"empty token":    {func() Config { return pairFiles(testInstance, "") }, errTokenUnset, ""},
		"bad headers":    {func() Config { return Config{HeadersFile: file("h", "Authorization=Basic "+b64(testToken))} }, errTokenOnly, "headers_file: headers: "},
		"wrong kind":     {func() Config { return pairFiles(testInstance, "glsa_9f8e7d6c5b4a") }, errTokenServiceAccount, ""},
		"not there":      {func() Config { return Config{InstanceID: "1", TokenFile: directory + "/none"} }, os.ErrNotExist, "token_file: cannot read the file: "},
		"a directory":    {func() Config { return Config{InstanceID: "1", TokenFile: directory} }, nil, "token_file: cannot read the file: is a directory"},
		"token for path": {func() Config { return Config{InstanceID: "1", TokenFile: testToken} }, nil, "token_file: cannot read the file: "},
		"no credential":  {func() Config { return Config{HeadersFile: file("h", strings.Repeat("a", maxCredentialFile+1))} }, nil, "it is not a credential"},
	} {
		t.Run(name, func(t *testing.T) {
			config := tt.config()
			config.Endpoint, config.Preflight = testEndpoint, PreflightOn
			err := config.Validate()
			if tt.want == nil && tt.says == "" {
				require.NoError(t, err)
				got, err := config.readCredentials()
				require.NoError(t, err)
				assert.Equal(t, "Basic "+b64(testPair), got.headers.Get("Authorization"))
				return
			}
			require.ErrorContains(t, err, tt.says)
			assert.True(t, tt.want == nil || errors.Is(err, tt.want), "%v", err)
			assertNoSecret(t, err.Error())
		})
	}
}
