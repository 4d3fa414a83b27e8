"""Builds what a LiveKit Agents session emits, with the SDK's own classes, and writes their dumps."""

import asyncio

from livekit.agents import llm, metrics, tts
from livekit.agents.metrics import base
from livekit.agents.metrics.usage import AgentSessionUsage, ModelUsageCollector
from livekit.agents.voice import events
from livekit.agents.voice.agent_session import AgentSession
from livekit.agents.voice.report import SessionReport

from corpus import BEGAN, SECRET, manifest, write

OPENAI = base.Metadata(model_name="gpt-4o", model_provider="api.openai.com")
DEEPGRAM = base.Metadata(model_name="nova-3", model_provider="Deepgram")
CARTESIA = base.Metadata(model_name="sonic-3", model_provider="Cartesia")
REALTIME = base.Metadata(model_name="gpt-realtime", model_provider="api.openai.com")


def measured() -> list[metrics.AgentMetrics]:
    """Every class of metrics, in the order of a call."""
    return [
        base.VADMetrics(label="livekit.plugins.silero.vad.VAD", timestamp=BEGAN + 1, idle_time=0.4,
                        inference_duration_total=0.012, inference_count=31),
        base.EOUMetrics(timestamp=BEGAN + 2.25, end_of_utterance_delay=0.6, transcription_delay=0.25,
                        on_user_turn_completed_delay=0.01, speech_id="speech_1", metadata=DEEPGRAM),
        base.EOTInferenceMetrics(timestamp=BEGAN + 2.26, total_duration=0.05, detection_delay=0.03, prediction_duration=0.02),
        base.STTMetrics(label="livekit.plugins.deepgram.stt.STT", request_id="stt_1", timestamp=BEGAN + 2.3, duration=0.0,
                        audio_duration=7.84, streamed=True, acquire_time=0.2, connection_reused=False, metadata=DEEPGRAM),
        base.LLMMetrics(label="livekit.plugins.openai.llm.LLM", request_id="chatcmpl_1", timestamp=BEGAN + 2.7, duration=1.31,
                        ttft=0.412, cancelled=False, completion_tokens=37, prompt_tokens=1042, prompt_cached_tokens=896,
                        reasoning_tokens=12, total_tokens=1079, tokens_per_second=28.2, speech_id="speech_1", metadata=OPENAI),
        base.TTSMetrics(label="livekit.plugins.cartesia.tts.TTS", request_id="tts_1", timestamp=BEGAN + 2.8, ttfb=0.19,
                        duration=1.1, audio_duration=3.2, cancelled=False, characters_count=48, streamed=True,
                        segment_id="segment_1", speech_id="speech_1", metadata=CARTESIA),
        base.LLMMetrics(label="livekit.plugins.openai.llm.LLM", request_id="chatcmpl_2", timestamp=BEGAN + 8, duration=0.3,
                        ttft=-1, cancelled=True, completion_tokens=0, prompt_tokens=1100, prompt_cached_tokens=1024,
                        total_tokens=1100, tokens_per_second=0.0, speech_id="speech_2", metadata=OPENAI),
        base.InterruptionMetrics(timestamp=BEGAN + 9, total_duration=0.1, prediction_duration=0.05, detection_delay=0.2,
                                 num_interruptions=1, num_backchannels=0, num_requests=3),
        base.DecisionMetrics(label="livekit.agents.inference.Decision", request_id="decision_1", timestamp=BEGAN + 10,
                             duration=0.1, input_tokens=120, output_tokens=3, metadata=OPENAI),
        base.RealtimeModelMetrics(
            label="livekit.plugins.openai.realtime.RealtimeModel", request_id="resp_1", timestamp=BEGAN + 12, duration=2.2,
            ttft=0.61, input_tokens=132, output_tokens=121, total_tokens=253, tokens_per_second=55.0,
            input_token_details=base.RealtimeModelMetrics.InputTokenDetails(
                audio_tokens=13, text_tokens=119, cached_tokens=64,
                cached_tokens_details=base.RealtimeModelMetrics.CachedTokenDetails(text_tokens=64)),
            output_token_details=base.RealtimeModelMetrics.OutputTokenDetails(text_tokens=30, audio_tokens=91),
            metadata=REALTIME),
        base.AvatarMetrics(timestamp=BEGAN + 13, playback_latency=0.3),
    ]


def usage(all_metrics: list[metrics.AgentMetrics], last: int) -> AgentSessionUsage:
    """What the SDK's collector has added up by then."""
    collector = ModelUsageCollector()
    for one in all_metrics[:last]:
        collector.collect(one)
    return AgentSessionUsage(model_usage=collector.flatten())


def messages() -> list[llm.ChatMessage]:
    return [
        llm.ChatMessage(id="item_1", role="user", content=[SECRET], created_at=BEGAN + 2.3, metrics={
            "started_speaking_at": BEGAN, "stopped_speaking_at": BEGAN + 2, "transcription_delay": 0.25,
            "end_of_turn_delay": 0.6, "on_user_turn_completed_delay": 0.01}),
        llm.ChatMessage(id="item_2", role="assistant", content=[SECRET], created_at=BEGAN + 2.904, metrics={
            "started_speaking_at": BEGAN + 2.904, "stopped_speaking_at": BEGAN + 6, "llm_node_ttft": 0.412,
            "tts_node_ttfb": 0.19, "playback_latency": 0.02, "e2e_latency": 0.904}),
        # Of when its reply began, as agent_activity.py has it (reply_started_at); its event is of when it was cut off.
        llm.ChatMessage(id="item_3", role="assistant", content=[SECRET], created_at=BEGAN + 8.5, interrupted=True, metrics={
            "llm_node_ttft": 0.2, "tts_node_ttfb": 0.1, "e2e_latency": 0.4}),
    ]


class Voice(tts.TTS):
    """A speech service that is only a model and a provider: errors name theirs."""

    def __init__(self) -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=True), sample_rate=24000, num_channels=1)

    model = "sonic-3"
    provider = "Cartesia"

    def synthesize(self, text, *, conn_options=None):
        raise NotImplementedError


def around(all_metrics: list[metrics.AgentMetrics]) -> list:
    """The events of a session other than metrics_collected."""
    call = llm.FunctionCall(id="item_4", call_id="call_1", name="search_orders", arguments=SECRET, created_at=BEGAN + 4)
    output = llm.FunctionCallOutput(id="item_5", call_id="call_1", name="search_orders", output=SECRET, is_error=False,
                                    created_at=BEGAN + 4.4)
    failed = tts.TTSError(timestamp=BEGAN + 20, label="livekit.plugins.cartesia.tts.TTS", error=TimeoutError(SECRET), recoverable=True)
    return [
        events.AgentStateChangedEvent(old_state="initializing", new_state="listening", created_at=BEGAN),
        events.UserStateChangedEvent(old_state="listening", new_state="speaking", created_at=BEGAN + 0.5),
        events.UserStateChangedEvent(old_state="speaking", new_state="listening", created_at=BEGAN + 2),
        events.UserInputTranscribedEvent(transcript=SECRET, is_final=True, created_at=BEGAN + 2.3),
        *[events.ConversationItemAddedEvent(item=m, created_at=m.created_at) for m in messages()[:2]],
        events.AgentStateChangedEvent(old_state="thinking", new_state="speaking", created_at=BEGAN + 2.904),
        events.SessionUsageUpdatedEvent(usage=usage(all_metrics, 5), created_at=BEGAN + 2.905),
        events.FunctionToolsExecutedEvent(function_calls=[call], function_call_outputs=[output], created_at=BEGAN + 4.4),
        events.ConversationItemAddedEvent(item=messages()[2], created_at=BEGAN + 10),
        events.SessionUsageUpdatedEvent(usage=usage(all_metrics, len(all_metrics)), created_at=BEGAN + 13),
        events.ErrorEvent(error=failed, source=Voice(), created_at=BEGAN + 20),
        events.CloseEvent(reason=events.CloseReason.PARTICIPANT_DISCONNECTED, created_at=BEGAN + 74.2),
    ]


def report(all_metrics: list[metrics.AgentMetrics]) -> dict:
    return SessionReport(
        job_id="AJ_corpus", room_id="RM_corpus", room="corpus", options=AgentSession().options, events=around(all_metrics),
        chat_history=llm.ChatContext(items=messages()), duration=74.2, started_at=BEGAN, timestamp=BEGAN + 74.3,
        model_usage=usage(all_metrics, len(all_metrics)).model_usage,
    ).to_dict()


async def main() -> None:
    all_metrics = measured()
    close = events.CloseEvent(reason=events.CloseReason.PARTICIPANT_DISCONNECTED, created_at=BEGAN + 74.2)
    write("livekit", "sdk_metrics.ndjson", [
        *[events.MetricsCollectedEvent(metrics=m, created_at=m.timestamp).model_dump_json() for m in all_metrics],
        close.model_dump_json(),
    ])
    write("livekit", "sdk_events.ndjson", [e.model_dump_json() for e in around(all_metrics)])
    write("livekit", "sdk_report.ndjson", [report(all_metrics)])
    manifest("livekit", "python", ["livekit-agents"], {
        "sdk_metrics.ndjson": "MetricsCollectedEvent of every class of metrics, then CloseEvent; model_dump_json()",
        "sdk_events.ndjson": "the other events of a session: states, chat messages with metrics, usage, error, close; model_dump_json()",
        "sdk_report.ndjson": "SessionReport.to_dict(), its usage added up by ModelUsageCollector",
    })


asyncio.run(main())
