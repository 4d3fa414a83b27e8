"""Plays one call to Pipecat's own observers and RTVI, and writes what they report."""

import asyncio

from pipecat.frames import frames as f
from pipecat.metrics import metrics as m
from pipecat.observers.base_observer import FramePushed
from pipecat.observers.error_observer import ErrorObserver
from pipecat.observers.function_call_observer import FunctionCallObserver
from pipecat.observers.service_metrics_observer import ServiceMetricsObserver
from pipecat.observers.speaking_observer import SpeakingObserver
from pipecat.observers.startup_timing_observer import (
    ProcessorStartupTiming,
    StartupTimingReport,
    TransportTimingReport,
)
from pipecat.observers.user_bot_latency_observer import UserBotLatencyObserver
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.processors.frameworks.rtvi import models as rtvi
from pipecat.processors.frameworks.rtvi.observer import RTVIObserver, RTVIObserverParams

from corpus import BEGAN, CALL, SECRET, Clock, manifest, write

STT, LLM, TTS = "DeepgramSTTService#0", "OpenAILLMService#0", "CartesiaTTSService#0"
CLAUDE, LIVE = "AnthropicLLMService#1", "GeminiLiveLLMService#2"


class Processor(FrameProcessor):
    """A processor that is only a name."""


def by(processor: str, model: str | None = None) -> dict:
    return {"processor": processor, "model": model}


def initial() -> list[m.MetricsData]:
    """The zeros that every pipeline starts with."""
    zeros = []
    for name, model in ((STT, "nova-3"), (LLM, "gpt-4o"), (TTS, "sonic-3")):
        zeros += [m.TTFBMetricsData(**by(name, model), value=0.0), m.ProcessingMetricsData(**by(name, model), value=0.0)]
    return zeros


def tokens(prompt: int, completion: int, total: int, **more: int) -> m.LLMTokenUsage:
    return m.LLMTokenUsage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=total, **more)


def script() -> list[tuple[float, str, f.Frame]]:
    """One call: when, which processor, what it pushes."""
    search = {"function_name": "search_orders", "tool_call_id": "call_1", "arguments": {"name": SECRET}}
    return [
        (0.2, "SmallWebRTCInputTransport#0", f.ClientConnectedFrame()),
        (0.3, "Pipeline#0", f.MetricsFrame(data=initial())),
        (1.0, "SmallWebRTCInputTransport#0", f.VADUserStartedSpeakingFrame(start_secs=0.2, timestamp=BEGAN + 1.0)),
        (1.0, "LLMUserAggregator#0", f.UserStartedSpeakingFrame()),
        (3.2, "SmallWebRTCInputTransport#0", f.VADUserStoppedSpeakingFrame(stop_secs=0.2, timestamp=BEGAN + 3.2)),
        (3.25, STT, f.TranscriptionFrame(text=SECRET, user_id="user", timestamp="2025-11-24T16:00:03Z")),
        (3.25, STT, f.MetricsFrame(data=[
            m.TTFBMetricsData(**by(STT, "nova-3"), value=0.25),
            m.STTUsageMetricsData(**by(STT, "nova-3"), value=m.STTUsage(audio_seconds=3.25)),
        ])),
        (3.3, "LLMUserAggregator#0", f.MetricsFrame(data=[
            m.TurnMetricsData(**by("SmartTurnAnalyzer#0"), is_complete=True, probability=0.97, e2e_processing_time_ms=41.2),
        ])),
        (3.3, "LLMUserAggregator#0", f.UserStoppedSpeakingFrame()),
        (3.31, LLM, f.LLMFullResponseStartFrame()),
        (3.7, LLM, f.MetricsFrame(data=[m.TTFBMetricsData(**by(LLM, "gpt-4o"), value=0.39)])),
        (3.72, LLM, f.MetricsFrame(data=[
            m.TTFATMetricsData(**by(LLM, "gpt-4o"), ttfat=0.41, ttfb=0.39, thinking_time=0.02),
        ])),
        (3.75, LLM, f.FunctionCallsStartedFrame(function_calls=[f.FunctionCallFromLLM(context=None, **search)])),
        (3.76, LLM, f.FunctionCallInProgressFrame(**search, cancel_on_interruption=True, group_id="group_1")),
        (4.16, LLM, f.FunctionCallResultFrame(**search, result=SECRET)),
        (4.2, LLM, f.LLMTextFrame(text=SECRET)),
        (4.3, LLM, f.MetricsFrame(data=[
            m.ProcessingMetricsData(**by(LLM, "gpt-4o"), value=0.99),
            m.LLMUsageMetricsData(**by(LLM, "gpt-4o"), value=tokens(1042, 37, 1079, cache_read_input_tokens=896, reasoning_tokens=0)),
        ])),
        (4.31, TTS, f.MetricsFrame(data=[
            m.TextAggregationMetricsData(**by(TTS), value=0.08),
            m.TTSUsageMetricsData(**by(TTS, "sonic-3"), value=48),
        ])),
        (4.5, TTS, f.MetricsFrame(data=[
            m.TTFBMetricsData(**by(TTS, "sonic-3"), value=0.19),
            m.TTFAMetricsData(**by(TTS, "sonic-3"), ttfa=0.31, ttfb=0.19, leading_silence=0.12),
        ])),
        (4.5, TTS, f.TTSAudioRawFrame(audio=b"", sample_rate=24000, num_channels=1)),
        (4.6, "SmallWebRTCOutputTransport#0", f.BotStartedSpeakingFrame()),
        (5.4, "LLMUserAggregator#0", f.InterruptionFrame()),
        (5.4, "SmallWebRTCOutputTransport#0", f.BotStoppedSpeakingFrame()),
        (9.0, CLAUDE, f.MetricsFrame(data=[
            m.LLMUsageMetricsData(**by(CLAUDE, "claude-sonnet-4-5"), value=tokens(
                146, 61, 3107, cache_read_input_tokens=2400, cache_creation_input_tokens=500)),
        ])),
        (12.0, LIVE, f.MetricsFrame(data=[
            m.LLMUsageMetricsData(**by(LIVE, "gemini-live-2.5-flash"), value=tokens(
                900, 210, 1130, reasoning_tokens=20, input_audio_tokens=640, output_audio_tokens=190, cache_read_input_tokens=0)),
        ])),
        (20.0, TTS, f.ErrorFrame(error=SECRET, exception=TimeoutError(SECRET))),
    ]


# What a bot of any version has to add to a frame: its class, its id and the class of each datum.
OWN_FIELDS = {f.ErrorFrame: ("error",), f.TranscriptionFrame: ("text",)}


def typed(frame: f.Frame, at: float) -> dict:
    out = {"type": type(frame).__name__, "id": frame.id, "call_id": CALL, "timestamp": at}
    if isinstance(frame, f.MetricsFrame):
        out["data"] = [d.model_dump(exclude_none=True) | {"type": type(d).__name__} for d in frame.data]
    for field in OWN_FIELDS.get(type(frame), ()):
        out[field] = getattr(frame, field)
    return out


class RTVITap(RTVIObserver):
    """RTVI's observer, with its messages kept instead of sent."""

    def __init__(self, into: list[str], **kwargs) -> None:
        super().__init__(**kwargs)
        self.into = into

    async def send_rtvi_message(self, model, exclude_none: bool = True) -> None:
        self.into.append(model.model_dump_json(exclude_none=exclude_none))


def record_into(records: list[str], observer, event: str) -> None:
    @observer.event_handler(event)
    async def keep(_, record) -> None:
        records.append(record.model_dump_json())


async def main() -> None:
    clock = Clock()
    frames: list[dict] = [{
        "type": "StartFrame", "id": 0, "call_id": CALL, "timestamp": BEGAN,
        "llm_model": "gpt-4o", "stt_model": "nova-3", "tts_model": "sonic-3",
    }]
    records: list[str] = []
    breakdowns: list[str] = []
    messages: list[str] = [rtvi.BotReady(
        id="1", data=rtvi.BotReadyData(version=rtvi.PROTOCOL_VERSION, about={"library": "pipecat-ai"}),
    ).model_dump_json(exclude_none=True)]

    services = ServiceMetricsObserver(time_source=clock)
    speaking = SpeakingObserver(time_source=clock)
    functions = FunctionCallObserver(time_source=clock, include_results=True)
    errors = ErrorObserver(time_source=clock)
    latency = UserBotLatencyObserver(time_source=clock)
    tap = RTVITap(messages, params=RTVIObserverParams(vad_user_speaking_enabled=True))
    for observer, event in (
        (services, "on_service_usage"), (services, "on_service_latency"), (speaking, "on_speech_event"),
        (functions, "on_function_call_event"), (errors, "on_error"),
    ):
        record_into(records, observer, event)
    record_into(breakdowns, latency, "on_latency_breakdown")

    processors: dict[str, Processor] = {}
    for seconds, name, frame in script():
        at = clock.at(seconds)
        source = processors.setdefault(name, Processor(name=name))
        pushed = FramePushed(
            source=source, destination=source, frame=frame, direction=FrameDirection.DOWNSTREAM, timestamp=int(seconds * 1e9),
        )
        for observer in (services, speaking, functions, errors, latency, tap):
            await observer.on_push_frame(pushed)
            for _ in range(3):
                await asyncio.sleep(0)  # handlers run as tasks
        frames.append(typed(frame, at))
    frames.append({"type": "EndFrame", "id": frames[-1]["id"] + 1, "call_id": CALL, "timestamp": clock.at(74.2), "reason": "hangup"})

    startup = [
        StartupTimingReport(start_time=BEGAN - 1, total_duration_secs=0.9, setup_phase_secs=0.6, start_phase_secs=0.3, processor_timings=[
            ProcessorStartupTiming(processor_name=TTS, start_offset_secs=0.0, duration_secs=0.4, setup_duration_secs=0.3, start_duration_secs=0.1),
            ProcessorStartupTiming(processor_name=LLM, start_offset_secs=0.1, duration_secs=0.5, setup_duration_secs=0.3, start_duration_secs=0.2),
        ]).model_dump_json(),
        TransportTimingReport(start_time=BEGAN - 1, bot_connected_secs=0.8, client_connected_secs=1.2).model_dump_json(),
    ]
    write("pipecat", "sdk_frames.ndjson", frames)
    write("pipecat", "sdk_records.ndjson", records)
    write("pipecat", "sdk_breakdown.ndjson", breakdowns)
    write("pipecat", "sdk_startup.ndjson", startup)
    write("rtvi", "sdk_messages.ndjson", messages)
    manifest("pipecat", "python", ["pipecat-ai"], {
        "sdk_frames.ndjson": "MetricsData.model_dump(exclude_none=True) with class names and ids added, as a bot has to",
        "sdk_records.ndjson": "records of ServiceMetrics-, Speaking-, FunctionCall- and ErrorObserver, model_dump_json()",
        "sdk_breakdown.ndjson": "LatencyBreakdown of UserBotLatencyObserver, model_dump_json()",
        "sdk_startup.ndjson": "StartupTimingReport and TransportTimingReport, constructed, model_dump_json()",
    })
    manifest("rtvi", "python", ["pipecat-ai"], {"sdk_messages.ndjson": "what RTVIObserver sends, model_dump_json(exclude_none=True)"})


asyncio.run(main())
