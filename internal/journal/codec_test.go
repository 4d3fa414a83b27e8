package journal

import (
	"encoding/hex"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// fill gives every field, at any depth, a value of its own that is not zero, so that a field that is added to the vocabulary
// and not to the journal is noticed.
func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(int64(*n), int64(*n)).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), n)
		fill(t, v.Index(1), n)
	default:
		fillScalar(t, v, *n)
	}
}

func fillScalar(t *testing.T, v reflect.Value, n int) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString("text " + strconv.Itoa(n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(n))
	case reflect.Uint8:
		v.SetUint(uint64(n%20 + 1)) // a kind must be one that there is
	case reflect.Uint64:
		v.SetUint(uint64(n))
	case reflect.Float64:
		v.SetFloat(float64(n) + 0.1)
	default:
		t.Fatalf("the journal does not know how to keep a %s: teach its encoding, then this test", v.Type())
	}
}

func filled(t *testing.T) *frame.Frame {
	t.Helper()
	var f frame.Frame
	n := 0
	fill(t, reflect.ValueOf(&f).Elem(), &n)
	f.Faults = nil
	return &f
}

func roundTrip(t *testing.T, r Record) []Entry {
	t.Helper()
	value, err := encodeRecord(&r)
	require.NoError(t, err)
	body, generation, err := unseal(seal(value, 7))
	require.NoError(t, err)
	require.Equal(t, uint64(7), generation)
	entries, err := new(decoder).record(nil, body, r.Call)
	require.NoError(t, err)
	return entries
}

func TestEveryFieldOfTheVocabularyIsKept(t *testing.T) {
	f := filled(t)
	entries := []Entry{
		{Frame: f, Arrival: time.Unix(99, 999_999_999).UTC()},
		{Frame: &frame.Frame{Tenant: f.Tenant, CallID: f.CallID}, Arrival: time.Unix(99, 999_999_999).UTC()},
		{Arrival: time.Unix(100, 1).UTC()},
		{Frame: f, Arrival: time.Unix(100, 1).UTC(), Note: "a word"},
		{Arrival: time.Unix(100, 1).UTC(), Note: "another"},
	}
	require.Equal(t, entries, roundTrip(t, Record{Call: call.KeyOf(f), Entries: entries}))
}

func TestTimesAreExact(t *testing.T) {
	moments := []time.Time{
		{},
		time.Unix(0, 0).UTC(),
		time.Unix(0, 1).UTC(),
		time.Unix(-1, 999_999_999).UTC(),
		time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC),
		time.Date(-5000, 3, 1, 0, 0, 0, 5, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
		time.Date(2026, 7, 1, 12, 0, 0, 123_456_789, time.UTC),
		time.Unix(math.MaxInt64, 0).UTC(),
		time.Unix(math.MinInt64, 0).UTC(),
	}
	var entries []Entry
	for _, arrival := range moments {
		for _, at := range moments {
			f := &frame.Frame{CallID: "a", Time: at, Events: []frame.Event{{Kind: frame.CallStarted, Began: at}}}
			entries = append(entries, Entry{Arrival: arrival, Frame: f})
		}
	}
	require.Equal(t, entries, roundTrip(t, Record{Call: call.Key{ID: "a"}, Entries: entries}))
}

func TestTimeZonesAndMonotonicClocksAreNotKept(t *testing.T) {
	now := time.Now()
	r := Record{Entries: []Entry{{Arrival: now}, {Arrival: now.In(time.FixedZone("", 3600))}}}
	want := now.Round(0).UTC()
	require.Equal(t, []Entry{{Arrival: want}, {Arrival: want}}, roundTrip(t, r))
}

func TestValuesAreExact(t *testing.T) {
	values := []float64{
		0, math.Copysign(0, -1), 1, -1, 0.1, 190, 412.37, -412, 1 << 53, 1<<53 - 1, -(1<<53 - 1), 1e300, math.MaxFloat64,
		math.SmallestNonzeroFloat64, math.Inf(1), math.Inf(-1), math.NaN(),
	}
	f := &frame.Frame{}
	for _, value := range values {
		f.Events = append(f.Events, frame.Event{Kind: frame.TTFB, Value: value})
	}
	got := roundTrip(t, Record{Entries: []Entry{{Frame: f, Arrival: epoch}}})[0].Frame.Events
	for i, value := range values {
		require.Equal(t, math.Float64bits(value), math.Float64bits(got[i].Value), "%v", value)
	}
}

func TestMoreSourcesThanAreRemembered(t *testing.T) {
	f := &frame.Frame{}
	for i := range 3 * maxSources {
		source := frame.Source{Stage: frame.LLM, Model: strconv.Itoa(i)}
		f.Events = append(f.Events, frame.Event{Kind: frame.TTFB, Source: source}, frame.Event{Kind: frame.Processing, Source: source})
	}
	entries := []Entry{{Frame: f, Arrival: epoch}}
	require.Equal(t, entries, roundTrip(t, Record{Entries: entries}))
}

func TestChunksCanBePutTogether(t *testing.T) {
	f := filled(t)
	r := Record{Call: call.KeyOf(f), Entries: []Entry{{Frame: f, Arrival: time.Unix(5, 0).UTC()}}}
	one, err := encodeRecord(&r)
	require.NoError(t, err)
	entries, err := (&decoder{words: map[string]string{}}).record(nil, append(one, one[sealSize:]...)[sealSize:], r.Call)
	require.NoError(t, err)
	require.Equal(t, append(r.Entries, r.Entries...), entries)
}

func TestANoteIsOnAnEntry(t *testing.T) {
	_, err := new(decoder).record(nil, []byte{2, isNote, 1, 'n', 0}, call.Key{})
	require.ErrorIs(t, err, errShape)
	entries, err := new(decoder).record(nil, []byte{2, 0, isNote, 1, 'n', 1, isNote, 1, 'n'}, call.Key{})
	require.ErrorIs(t, err, errShape, "of another chunk")
	require.Empty(t, entries)
}

func TestFramesOfAnotherCallAreRefused(t *testing.T) {
	_, err := encodeRecord(&Record{Call: call.Key{ID: "a"}, Entries: []Entry{{Frame: &frame.Frame{CallID: "b"}}}})
	require.ErrorIs(t, err, errForeign)
}

// kindsOf are the kinds that the vocabulary has, read from its source: there is no other list of them.
func kindsOf(t *testing.T) int {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../frame/frame.go", nil, 0)
	require.NoError(t, err)
	for _, decl := range file.Decls {
		block, ok := decl.(*ast.GenDecl)
		if ok && block.Tok == token.CONST && block.Specs[0].(*ast.ValueSpec).Names[0].Name == "CallStarted" {
			return len(block.Specs)
		}
	}
	t.Fatal("the vocabulary's kinds are not where they were")
	return 0
}

func TestEveryKindAndLeafHasACode(t *testing.T) {
	for kind := frame.Kind(1); int(kind) <= kindsOf(t); kind++ {
		require.NotZero(t, kindCodes[kind], "kind %d: add it to the end of kinds", kind)
	}
	require.Len(t, leaves, int(frame.Leaves), "add the new leaf to the end of leaves")
	seen := map[frame.Leaf]bool{}
	for _, leaf := range leaves {
		seen[leaf] = true
	}
	require.Len(t, seen, int(frame.Leaves))
}

// TestRecordsOfVersion1 pins the format: a collector that is updated must read what the one before it wrote. Where this fails,
// raise the version and keep reading the old one.
func TestRecordsOfVersion1(t *testing.T) {
	key := call.Key{Tenant: "acme", ID: "c1"}
	source := frame.Source{Stage: frame.LLM, Processor: "OpenAILLMService", Provider: "openai", Model: "gpt-4o"}
	arrival := time.Date(2026, 7, 1, 12, 0, 0, 123_456_789, time.UTC)
	want := []Entry{
		{Arrival: arrival, Frame: &frame.Frame{
			Tenant: "acme", CallID: "c1", Conversation: "v", Form: "records", ID: 0x0123456789abcdef, Time: arrival.Add(-250 * time.Millisecond),
			Trace: frame.Trace{TraceID: [16]byte{1, 2, 3}, SpanID: [8]byte{4, 5}}, Sentinels: 2,
			Events: []frame.Event{
				{Kind: frame.CallStarted, Models: []frame.Source{source}, Began: arrival.Add(-time.Second)},
				{Kind: frame.TTFB, Source: source, Value: 412.37, Cut: true},
				{
					Kind: frame.TokensUsed, Source: source, Tokens: frame.Tokens{frame.PromptText: 1042, frame.Unsplit: 3},
					Terms: frame.Terms{ServiceTier: "flex", Region: "eu", Channels: 2}, Running: true, Growing: true, Priced: true, Paired: true,
				},
				{Kind: frame.ToolCalled, Name: "weather", Outcome: "completed", Value: 35},
				{Kind: frame.TurnDone, Number: 4},
				{Kind: frame.Failed, Name: "timeout"},
			},
		}},
		{Arrival: arrival.Add(time.Hour)},
	}
	value, err := encodeRecord(&Record{Call: key, Entries: want})
	require.NoError(t, err)
	require.Equal(t, version1, hex.EncodeToString(seal(value, 42)))
	stored, err := hex.DecodeString(version1)
	require.NoError(t, err)
	body, generation, err := unseal(stored)
	require.NoError(t, err)
	require.Equal(t, uint64(42), generation)
	got, err := new(decoder).record(nil, body, key)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

const version1 = "014819969f2a0000000000000002ff8085a8a40d15cd5b07efcdab89674523010195e40f3401020300000000000000000000" +
	"00000004050000000000000176077265636f72647304060180c0010100036c6c6d104f70656e41494c4c4d53657276696365" +
	"066f70656e6169066770742d346f0115cd5b0705250152b81e85ebc5794007c91e018120a4100604666c6578026575041692" +
	"0146077765617468657209636f6d706c657465641580200817100774696d656f757402a03815cd5b07"

func FuzzDecodeRecord(f *testing.F) {
	source := frame.Source{Stage: frame.TTS, Provider: "cartesia"}
	seed, err := encodeRecord(&Record{Entries: []Entry{{Arrival: time.Unix(1, 2)}, {Frame: &frame.Frame{
		ID: 1, Time: time.Unix(5, 6), Conversation: "c", Events: []frame.Event{
			{Kind: frame.TokensUsed, Source: source, Tokens: frame.Tokens{1, 2, 3}, Models: []frame.Source{source}, Began: epoch},
			{Kind: frame.Failed, Value: 0.5, Name: "n", Outcome: "o", Number: 3, Terms: frame.Terms{Region: "r"}},
		},
	}}}})
	require.NoError(f, err)
	f.Add(seed[sealSize:])
	f.Add([]byte("\x02\x00\x20\x01n"))
	f.Add([]byte{})
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\x7f"))
	f.Fuzz(func(t *testing.T, body []byte) {
		entries, err := (&decoder{words: map[string]string{}}).record(nil, body, call.Key{})
		if err != nil {
			require.Empty(t, entries)
			return
		}
		require.LessOrEqual(t, parts(entries), len(body), "every part takes a byte")
		again, err := encodeRecord(&Record{Entries: entries})
		require.NoError(t, err)
		twice, err := new(decoder).record(nil, again[sealSize:], call.Key{})
		require.NoError(t, err)
		thrice, err := encodeRecord(&Record{Entries: twice})
		require.NoError(t, err)
		require.Equal(t, again, thrice)
	})
}

func parts(entries []Entry) int {
	n := len(entries)
	for _, e := range entries {
		if e.Frame == nil {
			continue
		}
		for _, event := range e.Frame.Events {
			n += 1 + len(event.Models)
		}
	}
	return n
}

func FuzzUnseal(f *testing.F) {
	f.Add(encodeHead(head{slots: 3, generation: 9}))
	f.Add(encodeHeader(header{call: call.Key{Tenant: "t", ID: "i"}, generation: 1}))
	f.Fuzz(func(t *testing.T, value []byte) {
		if h, err := decodeHead(value); err == nil {
			require.Equal(t, value, encodeHead(h))
		}
		if h, err := decodeHeader(value); err == nil {
			again, err := decodeHeader(encodeHeader(h))
			require.NoError(t, err)
			require.Equal(t, h, again)
		}
	})
}
