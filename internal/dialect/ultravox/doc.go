// Package ultravox reads what Ultravox posts about a call when it is over.
package ultravox
