package pricing

// Step is one name under which a model was looked for.
type Step struct {
	How   string `json:"how"`
	Name  string `json:"name"`
	Found bool   `json:"found"`
}
