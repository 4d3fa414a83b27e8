// Package openairealtime reads the server events of OpenAI's Realtime API as a relay passes them on: what a response and
// the transcription of the user used, and which models do it. They have no timestamp; audio and words in them are never
// read.
package openairealtime
