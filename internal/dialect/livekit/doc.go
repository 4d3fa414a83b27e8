// Package livekit reads what LiveKit Agents' AgentSession emits: metrics, alone or in their event, chat messages with the
// latency of a turn, and the session's close. The Python SDK writes snake_case and seconds; the JavaScript SDK camelCase and
// milliseconds, under names that end in Ms. Where a name has no such end, both mean seconds.
package livekit
