package frame

// Leaf is one kind of token of one direction. Leaves are disjoint: a token is in exactly one, so that adding
// them up is right and a price applies to each alone.
type Leaf uint8

// The leaves. A vendor's "prompt tokens" are the sum of the Prompt leaves, its "completion tokens" the sum of
// the Completion leaves.
const (
	PromptText Leaf = iota
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
	// Unsplit tokens are a total that the vendor does not divide into prompt and completion.
	Unsplit
	Leaves // how many there are
)

// Tokens is how many tokens of each leaf one request used.
type Tokens [Leaves]int64

// Request is the input tokens of the whole request, cached or not: what context tiers go by.
func (t *Tokens) Request() int64 {
	var sum int64
	for leaf := PromptText; leaf <= PromptVideo; leaf++ {
		sum += t[leaf]
	}
	return sum
}

// Zero says that nothing was used.
func (t *Tokens) Zero() bool { return *t == Tokens{} }
