package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// ask runs a command in the folder of the test's files.
func ask(t *testing.T, input string, args ...string) (code int, out, err string) {
	t.Helper()
	var outText, errText bytes.Buffer
	code = run(args, world{in: strings.NewReader(input), out: &outText, err: &errText, now: today})
	return code, outText.String(), errText.String()
}

func words(text string) []string { return strings.Fields(text) }

func TestExplain(t *testing.T) {
	t.Chdir("testdata")
	for name, test := range map[string]struct {
		args, input string
		code        int
		usd         []float64
	}{
		"a request": {"--provider openai --model gpt-4o prompt.text=146 prompt.cache_read=896 completion.text=37", "", 0, []float64{0.001855}},
		"its prompt is the size of the request": {
			"--model gpt-5.6-luna prompt.text=100000 prompt.cache_read=172000 completion.text=1000", "", 0, []float64{0.04868},
		},
		"a size of its own":           {"--model gpt-5.6-luna --request-tokens 1000 prompt.text=300000", "", 0, []float64{0.06}},
		"a sum has no size":           {"--model gpt-5.6-luna --aggregate prompt.text=300000", "", 0, []float64{0.06}},
		"a minimum":                   {"--provider groq --model whisper-large-v3-turbo stt_audio_seconds=3", "", 0, []float64{0.04 / 360}},
		"no minimum for a sum":        {"--provider groq --model whisper-large-v3-turbo stt_audio_seconds=3 --aggregate", "", 0, []float64{0.04 / 1200}},
		"up to the minute":            {"--provider twilio --model voice-inbound transport_seconds=61", "", 0, []float64{0.017}},
		"channels":                    {"--provider google stt_audio_seconds=60 --channels 2", "", 0, []float64{0.032}},
		"a tier":                      {"--model gpt-4o --tier priority prompt.text=1000000", "", 0, []float64{4.25}},
		"a region":                    {"--model gpt-5.4 --region eu prompt.text=100", "", 0, []float64{0.000275}},
		"a plan":                      {"--provider deepgram --plan deepgram=growth stt_audio_seconds=60", "", 0, []float64{0.0042}},
		"a day":                       {"--model grok-voice --at 2026-08-04 realtime_session_seconds=3600", "", 0, []float64{3}},
		"a file":                      {"--prices contract.yaml --model gpt-4o completion.text=1000000", "", 0, []float64{25}},
		"a catalogue":                 {"--prices litellm.json --provider acme --model voice-1 characters=1000", "", 0, []float64{0.02}},
		"a configuration":             {"--config collector.yaml --model gpt-4o completion.text=1000000", "", 0, []float64{20}},
		"two configurations":          {"--config collector.yaml --config more.yaml --model gpt-4o completion.text=1000000", "", 0, []float64{12.5}},
		"its plan":                    {"--config collector.yaml --provider deepgram stt_audio_seconds=60", "", 0, []float64{0.0042}},
		"its overrides":               {"--config collector.yaml --provider home --model piper characters=60", "", 0, []float64{0}},
		"no price":                    {"--model gpt-4o-mine prompt.text=1", "", 1, []float64{0}},
		"a part has a price":          {"--provider xai --model grok-voice realtime_session_seconds=600 characters=12", "", 1, []float64{0.8}},
		"a part is billed as another": {"--provider xai --model grok-voice realtime_session_seconds=600 completion.audio=12", "", 0, []float64{0.8}},
		"requests that come in":       {"-", `{"model": "gpt-4o", "usage": {"prompt.text": 1000}} [{"model": "whisper-1", "usage": {"stt_audio_seconds": 90.5}}]`, 0, []float64{0.0025, 0.00905}},
		"flags for what comes in":     {"- --model gpt-4o", `{"usage": {"prompt.text": 1000}, "at": "2026-11-27T12:00:00Z"}`, 0, []float64{0.0025}},
		"what comes in is a sum":      {"- --provider groq", `{"model": "whisper-large-v3-turbo", "usage": {"stt_audio_seconds": 3}, "aggregate": true}`, 0, []float64{0.04 / 1200}},
		"nothing used":                {"--model gpt-4o prompt.text=0", "", 0, []float64{0}},
		"nothing of a minimum used":   {"--provider groq --model whisper-large-v3 stt_audio_seconds=0", "", 0, []float64{0}},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errText := ask(t, test.input, append(words("explain --json"), words(test.args)...)...)
			require.Equal(t, test.code, code, errText)
			assert.Empty(t, errText)
			var answers []answered
			require.NoError(t, json.Unmarshal([]byte(out), &answers))
			require.Len(t, answers, len(test.usd))
			for i, want := range test.usd {
				assert.InDelta(t, want, answers[i].USD, 1e-15)
				assert.Equal(t, test.code == exitOK, answers[i].Complete)
			}
		})
	}
}

func TestExplainInWords(t *testing.T) {
	for name, test := range map[string]struct{ args, want string }{
		"no price":     {"--model gpt-4o-mine prompt.text=1", "total: no price\n"},
		"a part of it": {"--model grok-voice realtime_session_seconds=600 characters=12", "total: 0.8 USD, without 1 usage that has no price\n"},
		"covered":      {"--provider gladia --model solaria-1 stt_audio_seconds=5 stt_session_seconds=9", "  covered  this use is billed as stt_session_seconds\n"},
		"why":          {"--provider xai --model grok-voice completion.audio=12", "unit_mismatch: the vendor bills the same use in another quantity\n"},
		"the nearest":  {"--provider openai --model gpt-4o-mine prompt.text=1", `the nearest known is "openai/gpt-4o-mini"` + "\n"},
		"another time": {"--model grok-voice realtime_session_seconds=1", "held only until 2026-08-05T00:00:00Z\n"},
		"only an estimate": {
			"--provider groq --model whisper-large-v3 --aggregate stt_audio_seconds=3",
			"  estimate  the vendor rounds up, which needs single uses and not their sum: it may bill more\n",
		},
		"a tier of an unknown size": {
			"--model gpt-5.6-luna --aggregate prompt.text=3",
			"  estimate  the price depends on the size of the request, which is unknown: the vendor may bill more\n",
		},
		"what is billed": {"--provider twilio --model client transport_seconds=1", "1 second billed as 60 seconds (up to a multiple of 60 per leg)\n"},
	} {
		t.Run(name, func(t *testing.T) {
			_, out, errText := ask(t, "", append([]string{"explain"}, words(test.args)...)...)
			assert.Contains(t, out, test.want)
			assert.Empty(t, errText)
		})
	}
}

// What cannot be answered is said on one line, with what to do, and exits with 2.
func TestQuestionsThatCannotBeAnswered(t *testing.T) {
	t.Chdir("testdata")
	for args, want := range map[string]string{
		"nope":                                                   `voiceprices: "nope" is no command`,
		"explain":                                                "voiceprices explain: there is no usage; write KIND=QUANTITY, such as prompt.text=146",
		"explain prompt.text":                                    `voiceprices explain: "prompt.text" is not KIND=QUANTITY, such as prompt.text=146`,
		"explain prompt.tex=1":                                   `voiceprices explain: "prompt.tex" is no kind of usage; it must be one of prompt.text, `,
		"explain prompt.text=-1":                                 "voiceprices explain: prompt.text=-1: must be a number that is not negative",
		"explain prompt.text=a":                                  "voiceprices explain: prompt.text=a: must be a number that is not negative",
		"explain prompt.text=1 prompt.text=2":                    "voiceprices explain: prompt.text is there twice; add it up",
		"explain -":                                              `voiceprices explain: there is no usage; write {"model": "gpt-4o", "usage": {"prompt.text": 146}}`,
		"explain --plan deepgram prompt.text=1":                  `voiceprices explain: invalid value "deepgram" for flag -plan: "deepgram" is not PROVIDER=PLAN`,
		"explain --plan cartesa=pro prompt.text=1":               `voiceprices explain: plans: provider "cartesa" is unknown or has no plans; `,
		"explain --at yesterday prompt.text=1":                   `voiceprices explain: invalid value "yesterday" for flag -at: "yesterday" is neither a day (2026-10-07) nor a moment (2026-10-07T12:00:00Z)`,
		"explain --prices none.yaml prompt.text=1":               "voiceprices explain: stat none.yaml: no such file or directory",
		"explain --config contract.yaml prompt.text=1":           "voiceprices explain: contract.yaml: has no cost processor (processors.cost)",
		"explain --config several.yaml prompt.text=1":            "voiceprices explain: several.yaml: has several cost processors; choose one with --processor: cost, cost/two",
		"explain --config several.yaml --processor cost/x p.t=1": `voiceprices explain: several.yaml: has no processor "cost/x"; its cost processors are ["cost" "cost/two"]`,
		"diff contract.yaml":                                     "voiceprices diff: name two price files or folders; embedded is the book that is built in",
		"diff embedded contract.yaml --factor 1":                 "voiceprices diff: --factor must be more than 1",
		"import":                                                 "voiceprices import: name the one file to read",
		"import litellm.json --provider acme --model none":       "voiceprices import: litellm.json: has no rows of provider acme, model none, usage *; its providers are acme",
		"import litellm.json --format hal":                       `voiceprices import: litellm.json: format "hal" is unknown; it must be one of `,
		"explain --channels 0 stt_audio_seconds=1":               `voiceprices explain: invalid value "0" for flag -channels: must be a whole number from 1 to 64`,
		"explain --channels 65 stt_audio_seconds=1":              `voiceprices explain: invalid value "65" for flag -channels: must be a whole number from 1 to 64`,
		"explain --request-tokens -1 prompt.text=1":              "voiceprices explain: the tokens of the request are -1; they must not be negative",
		"check --max-age -1":                                     "voiceprices check: --max-age must not be negative",
		"list --provider nix":                                    `voiceprices list: --provider "nix" is unknown; it must be one of `,
		"list --usage foo":                                       `voiceprices list: --usage "foo" is unknown; it must be one of prompt.text, `,
		"list rime":                                              `voiceprices list: "rime": list takes no arguments; narrow it down with --provider, --model and --usage`,
	} {
		t.Run(args, func(t *testing.T) {
			code, out, errText := ask(t, "", words(args)...)
			assert.Equal(t, exitUsage, code)
			assert.Empty(t, out)
			assert.True(t, strings.HasPrefix(errText, want), errText)
		})
	}
}

func TestRequestsThatCannotBeRead(t *testing.T) {
	for input, want := range map[string]string{
		`{"usage": {"prompt.text": 1, "prompt.text": 2}}`:       `request 1: jsontext: duplicate object member name "prompt.text"`,
		`[{"model": "a", "model": "b"}]`:                        `request 1: jsontext: duplicate object member name "model"`,
		`{"channels": -1, "usage": {"stt_audio_seconds": 1}}`:   "channels is -1; it must be from 1 to 64",
		`{"channels": 65, "usage": {"stt_audio_seconds": 1}}`:   "channels is 65; it must be from 1 to 64",
		`{"request_tokens": -1, "usage": {"prompt.text": 1}}`:   "the tokens of the request are -1; they must not be negative",
		`{"models": "gpt-4o", "usage": {"prompt.text": "146"}}`: `request 1: json: unknown field "models"`,
	} {
		t.Run(input, func(t *testing.T) {
			code, out, errText := ask(t, input, "explain", "-")
			assert.Equal(t, exitUsage, code)
			assert.Empty(t, out)
			assert.Contains(t, errText, want)
		})
	}
}

// What the collector refuses is refused here.
func TestConfigurationsThatTheCollectorRefuses(t *testing.T) {
	for config, want := range map[string]string{
		`{overrides: [{provider: a, models: [m], usage: characters, unit: character, price: 0.0000002, per: "1"}]}`: `overrides 1: price is not quoted; write "0.0000002"`,
		`{overrides: [{provider: a, models: [m], usage: characters, unit: character, price: "2", per: 1}]}`:         `overrides 1: per is not quoted; write "1"`,
		`{overrides: [{models: [m, 4]}]}`:                                               `overrides 1: models is not quoted; write "4"`,
		`{overrides: [{when: {context_tokens: 200}}]}`:                                  `overrides 1: context_tokens is not quoted; write "200"`,
		`{overrides: [{provider: a, prize: "1"}]}`:                                      `has invalid keys: prize`,
		`{discounts: [{provider: a, multiplier: "1"}, {provider: a, multiplier: 0.5}]}`: `discounts 2: multiplier is not quoted; write "0.5"`,
		`{discounts: [{provider: a, multiplier: "0.5", effective_from: 2026-09-01}]}`:   `discounts 1: effective_from is not quoted; write "2026-09-01T00:00:00Z"`,
		`{discounts: [{provider: a, multiplier: "0.5", model: [m]}]}`:                   `has invalid keys: model`,
	} {
		t.Run(config, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "collector.yaml")
			require.NoError(t, os.WriteFile(path, []byte("processors: {cost: "+config+"}\n"), 0o600))
			code, _, errText := ask(t, "", "list", "--config", path)
			assert.Equal(t, exitUsage, code)
			assert.Contains(t, errText, "processors.cost: ")
			assert.Contains(t, errText, want)
		})
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestAnswersThatCannotBeWritten(t *testing.T) {
	for _, args := range []string{
		"help", "list", "list --json", "list -h", "check", "check --json", "diff embedded embedded", "import embedded --provider openai",
		"explain --model gpt-4o prompt.text=1", "explain --model gpt-4o-mine prompt.text=1", "explain --json --model gpt-4o-mine prompt.text=1",
	} {
		t.Run(args, func(t *testing.T) {
			var errText bytes.Buffer
			code := run(words(args), world{in: strings.NewReader(""), out: full{}, err: &errText, now: today})
			assert.Equal(t, exitUsage, code)
			assert.Equal(t, 1, strings.Count(errText.String(), "no space left on device"), errText.String())
		})
	}
}

func TestHelp(t *testing.T) {
	for args, want := range map[string]string{
		"":            "Usage: voiceprices COMMAND [FLAGS] [ARGUMENTS]\n",
		"--help":      "Usage: voiceprices COMMAND [FLAGS] [ARGUMENTS]\n",
		"list -h":     "Usage: voiceprices list [FLAGS]\n",
		"diff --help": "Usage: voiceprices diff [FLAGS] OLD NEW\n",
	} {
		code, out, errText := ask(t, "", words(args)...)
		assert.Equal(t, exitOK, code)
		assert.Empty(t, errText)
		assert.True(t, strings.HasPrefix(out, want), out)
	}
}

func TestDiff(t *testing.T) {
	t.Chdir("testdata")
	code, out, _ := ask(t, "", words("diff --over --strict --json embedded contract.yaml")...)
	assert.Equal(t, exitFinding, code)
	var changes []changeForJSON
	require.NoError(t, json.Unmarshal([]byte(out), &changes))
	require.Len(t, changes, 2)
	assert.Equal(t, 0.8, changes[0].Ratio)
	assert.False(t, changes[0].Warning)
	assert.Equal(t, 2.5, changes[1].Ratio)
	assert.True(t, changes[1].Warning)

	code, out, _ = ask(t, "", words("diff --over --strict --factor 3 embedded contract.yaml")...)
	assert.Equal(t, exitOK, code)
	assert.NotContains(t, out, "warning")
	code, out, _ = ask(t, "", words("diff embedded embedded")...)
	assert.Equal(t, exitOK, code)
	assert.Equal(t, "0 changes.\n", out)
	code, out, _ = ask(t, "", words("diff ../../../prices embedded --provider openai")...)
	assert.Equal(t, exitOK, code)
	assert.Equal(t, "0 changes.\n", out)
	_, out, _ = ask(t, "", words("diff contract.yaml litellm.json --usage characters")...)
	assert.Contains(t, out, "added\n1 change.\n")
	_, out, _ = ask(t, "", words("diff contract.yaml litellm.json --common")...)
	assert.Equal(t, "0 changes.\n", out)
}

// What import writes is a price file that says the same as what it read.
func TestImportWritesWhatItRead(t *testing.T) {
	embedded, err := pricing.Embedded()
	require.NoError(t, err)
	folder := t.TempDir() + "/"
	code, out, errText := ask(t, "", "import", "embedded", "-o", folder)
	require.Equal(t, exitOK, code, errText)
	assert.Empty(t, out)
	written, err := readFolder(folder)
	require.NoError(t, err)
	assert.Equal(t, len(embedded), len(written))
	assert.Equal(t, rowsIn(embedded), rowsIn(written))
	for i := range written {
		assert.Equal(t, embedded[i].ProviderAliases, written[i].ProviderAliases)
		assert.Equal(t, embedded[i].ModelAliases, written[i].ModelAliases)
		assert.Equal(t, embedded[i].Defaults, written[i].Defaults)
		assert.Equal(t, embedded[i].Reseller, written[i].Reseller)
		assert.Equal(t, embedded[i].Multipliers, written[i].Multipliers)
	}
	code, out, errText = ask(t, "", "diff", "embedded", folder)
	require.Equal(t, exitOK, code, errText)
	assert.Equal(t, "0 changes.\n", out)
}

func TestImportOfAPart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "openai.yaml")
	code, _, errText := ask(t, "", "import", "embedded", "--provider", "OpenAI", "--model", "gpt-5.4*", "-o", path)
	require.Equal(t, exitOK, code)
	assert.Equal(t, "18 rows of 1 provider\n", errText)
	code, _, errText = ask(t, "", "check", path)
	assert.Equal(t, exitOK, code, errText)
}

func TestImportOfACatalogue(t *testing.T) {
	t.Chdir("testdata")
	path := filepath.Join(t.TempDir(), "acme.yaml")
	code, _, errText := ask(t, "", "import", "litellm.json", "--usage", "prompt.*", "-o", path)
	require.Equal(t, exitOK, code)
	assert.Equal(t, "4 rows of 1 provider\nLeft out or changed, in the whole catalogue:\n"+
		"  a price of something that is not counted (1, such as acme/paint-1 output_cost_per_image)\n", errText)
	code, out, _ := ask(t, "", "explain", "--prices", path, "--model", "talk-2", "--provider", "acme", "prompt.text=1000000")
	assert.Equal(t, exitOK, code)
	assert.Contains(t, out, "total: 2.5 USD\n")

	code, out, _ = ask(t, "", "import", "litellm.json", "--json", "--model", "voice-1")
	assert.Equal(t, exitOK, code)
	assert.JSONEq(t, `{
		"files": [{"provider": "acme", "reseller": true, "source": "litellm", "rows": [{
			"provider": "acme", "models": ["voice-1"], "usage": "characters", "unit": "character",
			"price": "20", "per": "1000000"
		}]}],
		"notes": [{"reason": "a price of something that is not counted", "count": 1, "example": "acme/paint-1 output_cost_per_image"}]
	}`, out)
}

func TestFileNames(t *testing.T) {
	assert.Equal(t, "openai.yaml", fileName("OpenAI"))
	assert.Equal(t, "_etc_passwd.yaml", fileName("../etc/passwd"))
	assert.Equal(t, "rows.yaml", fileName(""))
}

func TestCheck(t *testing.T) {
	t.Chdir("testdata")
	code, out, errText := ask(t, "", words("check --json --at 2026-07-20")...)
	require.Equal(t, exitOK, code, errText)
	var found checked
	require.NoError(t, json.Unmarshal([]byte(out), &found))
	assert.GreaterOrEqual(t, found.Providers, 25)
	assert.GreaterOrEqual(t, found.Prices, 250)
	assert.Empty(t, found.Stale)

	code, out, _ = ask(t, "", words("check --json --at 2027-12-31 --max-age 30 --strict contract.yaml")...)
	assert.Equal(t, exitFinding, code)
	found = checked{}
	require.NoError(t, json.Unmarshal([]byte(out), &found))
	stale := 0
	for _, s := range found.Stale {
		stale += s.Rows
	}
	assert.Equal(t, found.Rows, stale)
	assert.Equal(t, []readFile{{Path: "contract.yaml", Rows: 2}}, found.Files)
}

func TestCheckOfWhatIsWrong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wrong.yaml")
	require.NoError(t, os.WriteFile(path, []byte("provider: acme\nrows:\n  - {models: [one], usage: prompt.text, unit: token, price: \"-1\", per: \"1\"}\n"), 0o600))
	code, out, errText := ask(t, "", "check", path)
	assert.Equal(t, exitFinding, code)
	assert.Empty(t, out)
	assert.Contains(t, errText, "error: "+path+`: row 1 (one prompt.text): price "-1" `)
	code, out, _ = ask(t, "", "check", "--json", path)
	assert.Equal(t, exitFinding, code)
	assert.Contains(t, out, `"error": "`)
}

func TestList(t *testing.T) {
	_, out, _ := ask(t, "", words("list --provider xai --model grok-voice --at 2026-08-05")...)
	assert.Equal(t, ""+
		"PROVIDER  MODELS      USAGE                     PRICE         WHEN             VERIFIED    CONFIDENCE\n"+
		"xai       grok-voice  realtime_session_seconds  $4.80 / hour  from 2026-08-05  2026-09-23  high\n", out)
	_, out, _ = ask(t, "", words("list --provider xai --model grok-voice --at 2026-08-04 --json")...)
	assert.JSONEq(t, `[{
		"provider": "xai", "models": ["grok-voice"], "usage": "realtime_session_seconds", "unit": "hour", "price": "3.00", "per": "1",
		"effective_until": "2026-08-05T00:00:00Z", "source": "genai-prices 0.1.8 (MIT); docs.x.ai", "verified": "2026-09-23",
		"confidence": "high"
	}]`, out)
}

// Of the prices of a processor that cannot be had here, it is said that they are missing.
func TestPriceURLIsNotAsked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "collector.yaml")
	require.NoError(t, os.WriteFile(path, []byte("processors:\n  cost:\n    price_url: {endpoint: https://prices.example/prices.yaml}\n"), 0o600))
	code, _, errText := ask(t, "", "explain", "--config", path, "--model", "gpt-4o", "prompt.text=1")
	assert.Equal(t, exitOK, code)
	assert.Equal(t, "note: the prices of price_url are left out; download them and add --prices FILE\n", errText)
}

// Rows of several vendors can be one file, in which each names its own.
func TestImportOfSeveralProviders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "all.yaml")
	code, out, errText := ask(t, "", words("import embedded --provider openai --provider groq")...)
	require.Equal(t, exitOK, code, errText)
	assert.Contains(t, errText, "-o prices.d/")
	require.NoError(t, os.WriteFile(path, []byte(out), 0o600))
	code, out, errText = ask(t, "", "diff", "--common", "embedded", path)
	require.Equal(t, exitOK, code, errText)
	assert.Equal(t, "0 changes.\n", out)
}

func TestCheckDoubts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "slip.yaml")
	require.NoError(t, os.WriteFile(path, []byte("provider: opnai\nrows:\n  - {models: [gpt-4o], usage: prompt.text, unit: token, price: \"1\", per: \"1\"}\n"), 0o600))
	_, out, _ := ask(t, "", "check", path)
	assert.Contains(t, out, `warning: `+path+`: row 1: provider "opnai" is new to the book; the nearest known is "openai"`)
}
