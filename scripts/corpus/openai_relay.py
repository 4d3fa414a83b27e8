"""Builds server events of OpenAI's Realtime API with the SDK's own models and writes them as a relay passes them on."""

from openai.types import realtime as rt
from openai.types.realtime.conversation_item_input_audio_transcription_completed_event import (
    UsageTranscriptTextUsageDuration,
    UsageTranscriptTextUsageTokens,
    UsageTranscriptTextUsageTokensInputTokenDetails,
)
from openai.types.realtime.realtime_response_usage_input_token_details import CachedTokensDetails
from pydantic import BaseModel

from corpus import SECRET, manifest, write


def session(kind: type[BaseModel], event: str, event_id: str) -> BaseModel:
    return kind(type=event, event_id=event_id, session=rt.RealtimeSessionCreateRequest(
        type="realtime", model="gpt-realtime", instructions=SECRET, output_modalities=["audio"],
        audio=rt.RealtimeAudioConfig(input=rt.RealtimeAudioConfigInput(
            transcription=rt.AudioTranscription(model="gpt-4o-transcribe", prompt=SECRET))),
    ))


def usage(text: int, audio: int, cached_text: int, cached_audio: int, out_text: int, out_audio: int) -> rt.RealtimeResponseUsage:
    return rt.RealtimeResponseUsage(
        input_tokens=text + audio, output_tokens=out_text + out_audio, total_tokens=text + audio + out_text + out_audio,
        input_token_details=rt.RealtimeResponseUsageInputTokenDetails(
            text_tokens=text, audio_tokens=audio, image_tokens=0, cached_tokens=cached_text + cached_audio,
            cached_tokens_details=CachedTokensDetails(text_tokens=cached_text, audio_tokens=cached_audio, image_tokens=0)),
        output_token_details=rt.RealtimeResponseUsageOutputTokenDetails(text_tokens=out_text, audio_tokens=out_audio),
    )


def done(number: int, status: str, used: rt.RealtimeResponseUsage | None) -> BaseModel:
    said = rt.RealtimeConversationItemAssistantMessage(
        type="message", role="assistant", id=f"item_{number}", status="completed" if status == "completed" else "incomplete",
        content=[{"type": "output_audio", "transcript": SECRET}])
    return rt.ResponseDoneEvent(type="response.done", event_id=f"event_done_{number}", response=rt.RealtimeResponse(
        id=f"resp_{number}", object="realtime.response", conversation_id="conv_corpus", status=status, output=[said],
        output_modalities=["audio"], usage=used))


def transcribed(number: int, used: BaseModel) -> BaseModel:
    return rt.ConversationItemInputAudioTranscriptionCompletedEvent(
        type="conversation.item.input_audio_transcription.completed", event_id=f"event_heard_{number}",
        item_id=f"item_user_{number}", content_index=0, transcript=SECRET, usage=used)


EVENTS = [
    session(rt.SessionCreatedEvent, "session.created", "event_1"),
    session(rt.SessionUpdatedEvent, "session.updated", "event_2"),
    rt.InputAudioBufferSpeechStartedEvent(
        type="input_audio_buffer.speech_started", event_id="event_3", item_id="item_user_1", audio_start_ms=800),
    rt.InputAudioBufferSpeechStoppedEvent(
        type="input_audio_buffer.speech_stopped", event_id="event_4", item_id="item_user_1", audio_end_ms=3000),
    transcribed(1, UsageTranscriptTextUsageTokens(
        type="tokens", input_tokens=30, output_tokens=9, total_tokens=39,
        input_token_details=UsageTranscriptTextUsageTokensInputTokenDetails(audio_tokens=26, text_tokens=4))),
    done(1, "completed", usage(119, 13, 64, 0, 30, 91)),
    transcribed(2, UsageTranscriptTextUsageDuration(type="duration", seconds=3.1)),
    done(2, "cancelled", usage(150, 60, 128, 13, 4, 20)),
    done(3, "failed", None),
    rt.RealtimeErrorEvent(type="error", event_id="event_9", error=rt.RealtimeError(
        type="invalid_request_error", code="invalid_value", message=SECRET, param="session.voice", event_id="client_1")),
]

write("openairealtime", "sdk_events.ndjson", [event.model_dump_json(exclude_none=True) for event in EVENTS])
manifest("openairealtime", "python", ["openai"], {
    "sdk_events.ndjson": "server events of openai.types.realtime, constructed, model_dump_json(exclude_none=True)",
})
