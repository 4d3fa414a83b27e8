// Package elevenlabs reads what ElevenLabs Agents posts about a call when it is over.
package elevenlabs
