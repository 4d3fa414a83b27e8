package voiceframereceiver

import "net/http"

// answer is what a POST is told: how many of its frames were taken and which were not, and why.
type answer struct {
	Accepted   int         `json:"accepted"`
	Duplicates int         `json:"duplicates"`
	Ignored    int         `json:"ignored"`
	Rejected   []rejection `json:"rejected"`
}

// rejection is a frame, by its index in the body, or one datum of it, by the path that the reason begins with.
type rejection struct {
	Index  int    `json:"index"`
	Reason string `json:"reason"`
}

// status is 200 when anything was taken, known or a duplicate.
func (a *answer) status() int {
	if a.Accepted+a.Duplicates+a.Ignored > 0 {
		return http.StatusOK
	}
	return http.StatusBadRequest
}
