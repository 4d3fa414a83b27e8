package pricing

import "github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"

// Kind is what a usage counts. Kinds are disjoint: a use is counted in one of them, except where a bot reports it in two
// quantities of which the vendor bills one, as the open time and the speech in it (see Kind.Pairs).
type Kind uint8

// The kinds. Tokens are the leaves of design.md 3.1.
const (
	Unknown Kind = iota // tokens that no row can price: a total, or a leaf that we do not know
	PromptText
	PromptCacheRead
	PromptCacheWrite
	PromptCacheWrite1h
	PromptAudio
	PromptAudioCacheRead
	PromptImage
	PromptImageCacheRead
	PromptVideo
	CompletionText
	CompletionAudio
	CompletionReasoning
	Characters
	Bytes
	STTAudio
	STTSession
	RealtimeSession
	Transport
	Platform
	Requests // single requests, messages or events that have a fee of their own
	kindCount
)

// Stages are the stages that usage belongs to, in the order in which they are listed. Nobody may change it.
var Stages = []string{
	semconv.StageSTT, semconv.StageLLM, semconv.StageTTS,
	semconv.StageRealtime, semconv.StageTransport, semconv.StagePlatform,
}

// traits of a kind.
type traits struct {
	name  string
	unit  string // what one of the quantity is
	stage string // whose default model a usage without a model has
	pairs []Kind // the other quantities in which vendors bill the same use
	like  Kind   // the kind whose price applies where a model has none for this one; Unknown: there is none
	open  bool   // time that something is open: one report of it is a whole session or leg
}

const (
	unitToken     = "token"
	unitCharacter = "character"
	unitByte      = "byte"
	unitSecond    = "second"
	unitRequest   = "request"
)

var kinds = [kindCount]traits{
	Unknown:              {name: "other", unit: unitToken, stage: semconv.StageLLM},
	PromptText:           tokens(semconv.TokenPrompt, semconv.KindText, Characters),
	PromptCacheRead:      tokens(semconv.TokenPrompt, semconv.KindCacheRead),
	PromptCacheWrite:     tokens(semconv.TokenPrompt, semconv.KindCacheWrite),
	PromptCacheWrite1h:   tokens(semconv.TokenPrompt, semconv.KindCacheWrite1h),
	PromptAudio:          tokens(semconv.TokenPrompt, semconv.KindAudio),
	PromptAudioCacheRead: tokens(semconv.TokenPrompt, semconv.KindAudioCacheRead),
	PromptImage:          tokens(semconv.TokenPrompt, semconv.KindImage),
	PromptImageCacheRead: tokens(semconv.TokenPrompt, semconv.KindImageCacheRead),
	PromptVideo:          tokens(semconv.TokenPrompt, semconv.KindVideo),
	CompletionText:       tokens(semconv.TokenCompletion, semconv.KindText),
	CompletionAudio:      tokens(semconv.TokenCompletion, semconv.KindAudio, Characters),
	// Vendors bill reasoning as output; the few that do not have rows for it.
	CompletionReasoning: {
		name: tokenName(semconv.TokenCompletion, semconv.KindReasoning),
		unit: unitToken, stage: semconv.StageLLM, like: CompletionText, pairs: []Kind{RealtimeSession},
	},
	// Some speech is billed by the tokens of its text and sound (OpenAI, Gemini).
	Characters: {
		name: "characters", unit: unitCharacter, stage: semconv.StageTTS,
		pairs: []Kind{Bytes, PromptText, CompletionAudio},
	},
	Bytes:           {name: "bytes", unit: unitByte, stage: semconv.StageTTS, pairs: []Kind{Characters}},
	STTAudio:        {name: "stt_audio_seconds", unit: unitSecond, stage: semconv.StageSTT, pairs: []Kind{STTSession}},
	STTSession:      openTime("stt_session_seconds", semconv.StageSTT, STTAudio),
	RealtimeSession: openTime("realtime_session_seconds", semconv.StageRealtime, PromptText, PromptAudio, CompletionText, CompletionAudio),
	Transport:       openTime("transport_seconds", semconv.StageTransport),
	Platform:        openTime("platform_seconds", semconv.StagePlatform),
	Requests:        {name: "requests", unit: unitRequest, stage: semconv.StageLLM},
}

// tokens of speech to speech are billed by themselves (OpenAI, Gemini) or with the open session (xAI).
func tokens(tokenType, tokenKind string, pairs ...Kind) traits {
	return traits{
		name: tokenName(tokenType, tokenKind), unit: unitToken, stage: semconv.StageLLM, pairs: append(pairs, RealtimeSession),
	}
}

func openTime(name, stage string, pairs ...Kind) traits {
	return traits{name: name, unit: unitSecond, stage: stage, pairs: pairs, open: true}
}

func tokenName(tokenType, tokenKind string) string { return tokenType + "." + tokenKind }

// String is the kind as price rows and the attribute usage_kind write it.
func (k Kind) String() string { return kinds[k].name }

// Unit is what one of the quantity is: token, character, byte, second or request.
func (k Kind) Unit() string { return kinds[k].unit }

// Stage is the stage that a use of this kind belongs to unless it says otherwise; it decides about the default model of a
// usage that names only a provider.
func (k Kind) Stage() string { return kinds[k].stage }

// Pairs are the other quantities in which vendors bill the same use (seconds of speech and seconds of an open session).
func (k Kind) Pairs() []Kind { return kinds[k].pairs }

// isOpenTime says whether the kind is time that a session, leg or call is open.
func (k Kind) isOpenTime() bool { return kinds[k].open }

// TokenKind is the kind of tokens with a token_type and a token_kind; no token_kind means text. Tokens that are not a leaf
// (token_type total, or a word that we do not know) are Unknown: no price could be right.
func TokenKind(tokenType, tokenKind string) Kind {
	switch tokenType {
	case semconv.TokenPrompt:
		return promptKind(tokenKind)
	case semconv.TokenCompletion:
		return completionKind(tokenKind)
	}
	return Unknown
}

func promptKind(tokenKind string) Kind {
	switch tokenKind {
	case "", semconv.KindText:
		return PromptText
	case semconv.KindCacheRead:
		return PromptCacheRead
	case semconv.KindCacheWrite:
		return PromptCacheWrite
	case semconv.KindCacheWrite1h:
		return PromptCacheWrite1h
	case semconv.KindAudio:
		return PromptAudio
	case semconv.KindAudioCacheRead:
		return PromptAudioCacheRead
	case semconv.KindImage:
		return PromptImage
	case semconv.KindImageCacheRead:
		return PromptImageCacheRead
	case semconv.KindVideo:
		return PromptVideo
	}
	return Unknown
}

func completionKind(tokenKind string) Kind {
	switch tokenKind {
	case "", semconv.KindText:
		return CompletionText
	case semconv.KindAudio:
		return CompletionAudio
	case semconv.KindReasoning:
		return CompletionReasoning
	}
	return Unknown
}

// Kinds are all kinds that a price can be for, in their order.
func Kinds() []Kind {
	var all []Kind
	for kind := Unknown + 1; kind < kindCount; kind++ {
		all = append(all, kind)
	}
	return all
}

// kindNamed is the kind that a price row names.
func kindNamed(name string) (Kind, bool) {
	for kind := Unknown + 1; kind < kindCount; kind++ {
		if kinds[kind].name == name {
			return kind, true
		}
	}
	return Unknown, false
}
