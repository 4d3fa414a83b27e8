package journal

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// turn is what a bot says of one turn: eight frames.
func turn(key call.Key, n int) []Entry {
	llm := frame.Source{Stage: frame.LLM, Processor: "OpenAILLMService", Provider: "openai", Model: "gpt-4o-mini"}
	tts := frame.Source{Stage: frame.TTS, Processor: "CartesiaTTSService", Provider: "cartesia", Model: "sonic-2"}
	stt := frame.Source{Stage: frame.STT, Processor: "DeepgramSTTService", Provider: "deepgram", Model: "nova-3"}
	tokens := frame.Tokens{frame.PromptText: 1042, frame.PromptCacheRead: 896, frame.CompletionText: 87}
	said := [][]frame.Event{
		{{Kind: frame.UserStartedTalking}},
		{{Kind: frame.UserStoppedTalking}},
		{{Kind: frame.TTFB, Source: stt, Value: 103.271045}},
		{{Kind: frame.TTFB, Source: llm, Value: 412.370682}, {Kind: frame.Processing, Source: llm, Value: 980.104065}},
		{{Kind: frame.TokensUsed, Source: llm, Tokens: tokens}},
		{{Kind: frame.CharactersUsed, Source: tts, Value: 312}, {Kind: frame.TTFB, Source: tts, Value: 190}},
		{{Kind: frame.BotStartedTalking}},
		{{Kind: frame.BotStoppedTalking}},
	}
	entries := make([]Entry, len(said))
	for i, events := range said {
		at := noon.Add(time.Duration(n*10+i)*time.Second + 412_370_682)
		id := frame.NameID("frame", strconv.Itoa(8*n+i))
		f := &frame.Frame{Tenant: key.Tenant, CallID: key.ID, ID: id, Time: at, Events: events}
		entries[i] = Entry{Frame: f, Arrival: at.Add(31_415_926)}
	}
	return entries
}

// typical is a record of so many frames that arrived together.
func typical(frames int) Record {
	r := Record{Call: call.Key{ID: "550e8400-e29b-41d4-a716-446655440000"}}
	for n := 0; len(r.Entries) < frames; n++ {
		r.Entries = append(r.Entries, turn(r.Call, n)...)
	}
	if frames == 1 {
		return Record{Call: r.Call, Entries: r.Entries[4:5]} // tokens
	}
	for i := range r.Entries {
		r.Entries[i].Arrival = noon
	}
	r.Entries = r.Entries[:frames]
	return r
}

// encoding is one way to keep a record.
type encoding struct {
	name   string
	encode func(*Record) ([]byte, error)
	decode func([]byte, call.Key) error
}

// encodings are ours and what it was chosen over.
var encodings = []encoding{
	{"journal", func(r *Record) ([]byte, error) {
		value, err := encodeRecord(r)
		return seal(value, 1), err
	}, func(value []byte, key call.Key) error {
		body, _, err := unseal(value)
		if err == nil {
			_, err = new(decoder).record(nil, body, key)
		}
		return err
	}},
	{"json", func(r *Record) ([]byte, error) {
		return json.Marshal(r.Entries, json.OmitZeroStructFields(true))
	}, func(value []byte, _ call.Key) error {
		var entries []Entry
		return json.Unmarshal(value, &entries)
	}},
	{"gob", func(r *Record) ([]byte, error) {
		var b bytes.Buffer
		err := gob.NewEncoder(&b).Encode(r.Entries)
		return b.Bytes(), err
	}, func(value []byte, _ call.Key) error {
		var entries []Entry
		return gob.NewDecoder(bytes.NewReader(value)).Decode(&entries)
	}},
}

func BenchmarkEncode(b *testing.B) {
	for _, c := range encodings {
		for _, frames := range []int{1, 8, 1000} {
			b.Run(fmt.Sprintf("%s/frames=%d", c.name, frames), func(b *testing.B) {
				r := typical(frames)
				value, err := c.encode(&r)
				require.NoError(b, err)
				b.ReportAllocs()
				for b.Loop() {
					_, _ = c.encode(&r)
				}
				perFrame(b, frames)
				b.ReportMetric(float64(len(value))/float64(frames), "B/frame")
			})
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, c := range encodings {
		for _, frames := range []int{1, 8, 1000} {
			b.Run(fmt.Sprintf("%s/frames=%d", c.name, frames), func(b *testing.B) {
				r := typical(frames)
				value, err := c.encode(&r)
				require.NoError(b, err)
				require.NoError(b, c.decode(value, r.Call))
				b.ReportAllocs()
				for b.Loop() {
					_ = c.decode(value, r.Call)
				}
				perFrame(b, frames)
			})
		}
	}
}

func perFrame(b *testing.B, frames int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*frames), "ns/frame")
}

// BenchmarkAppend is requests of eight frames, alone and 64 at once, on a disk that costs nothing: the journal's own share.
func BenchmarkAppend(b *testing.B) {
	for _, posters := range []int{1, 64} {
		b.Run(fmt.Sprintf("posters=%d", posters), func(b *testing.B) {
			j, _ := start(b, newMemory())
			var calls atomic.Int64
			b.SetParallelism(posters) // times the processors
			b.ReportAllocs()
			one := func() {
				key := call.Key{ID: strconv.FormatInt(calls.Add(1)%1000, 10)}
				_ = j.Append(context.Background(), []Record{{Call: key, Entries: turn(key, 1)}})
			}
			if posters == 1 {
				for b.Loop() {
					one()
				}
				return
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					one()
				}
			})
		})
	}
}

// BenchmarkRestore is calls of 250 requests, each of one frame, from the same disk.
func BenchmarkRestore(b *testing.B) {
	const calls, records = 1000, 250
	disk := newMemory()
	write(b, disk, calls, records)
	read(b, calls, func() storage.Client { return disk })
}

func write(b *testing.B, client storage.Client, calls, records int) {
	b.Helper()
	j, _ := start(b, client)
	for n := range records {
		group := make([]Record, calls)
		for i := range group {
			key := call.Key{ID: fmt.Sprintf("550e8400-e29b-41d4-a716-%012d", i)}
			group[i] = Record{Call: key, Entries: turn(key, n/8)[n%8 : n%8+1]}
		}
		add(b, j, group...)
	}
	require.NoError(b, j.Close(context.Background()))
}

func read(b *testing.B, calls int, client func() storage.Client) {
	b.ReportAllocs()
	for b.Loop() {
		j, err := Open(context.Background(), client())
		require.NoError(b, err)
		found := 0
		require.NoError(b, j.Restore(context.Background(), func(Record) { found++ }))
		require.Equal(b, calls, found)
		require.NoError(b, j.Close(context.Background()))
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*calls), "µs/call")
}
