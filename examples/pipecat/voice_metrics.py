"""Records what a Pipecat bot measures with the OpenTelemetry SDK, under the names that otelcol-voice knows:

    observer = VoiceMetricsObserver(metrics.get_meter("voice_metrics"), call_id)
    PipelineWorker(pipeline, params=PipelineParams(enable_metrics=True, enable_usage_metrics=True), observers=[observer])

For bots that are to speak OTLP and nothing else. What things cost is not recorded: the collector derives it from the use, and would
drop a `voice.cost.usd` that names no source.
"""

import logging
import re
import time
from collections.abc import Iterator

from opentelemetry.metrics import Meter
from pipecat.frames.frames import Frame, MetricsFrame, StartFrame
from pipecat.metrics.metrics import (
    LLMTokenUsage,
    LLMUsageMetricsData,
    MetricsData,
    ProcessingMetricsData,
    STTUsageMetricsData,
    TTFBMetricsData,
    TTSUsageMetricsData,
)
from pipecat.observers.base_observer import BaseObserver, FramePushed

# Milliseconds. The SDK's own bounds are made for other things.
BOUNDS = [50, 100, 200, 300, 400, 500, 650, 800, 1000, 1250, 1500, 2000, 2500, 3000, 4000, 5000, 7500, 10000]

_SERVICE = re.compile("(?P<provider>[A-Z].*?)(?P<stage>STT|LLM|TTS)")

log = logging.getLogger(__name__)


class VoiceMetricsObserver(BaseObserver):
    """Records one call: give each pipeline its own. The instruments are the meter's, so all calls share them."""

    def __init__(self, meter: Meter, call_id: str) -> None:
        super().__init__()
        self._call = {"call_id": call_id}
        self._seen: set[int] = set()
        self._until = 0.0  # the call's duration is recorded up to here, on the monotonic clock
        self._calls = meter.create_counter("voice.calls.total", "{call}")
        self._duration = meter.create_up_down_counter("voice.session.duration.seconds", "s")
        self._ttfb = meter.create_histogram("voice.ttfb.milliseconds", "ms", explicit_bucket_boundaries_advisory=BOUNDS)
        self._processing = meter.create_histogram(
            "voice.processing.milliseconds", "ms", explicit_bucket_boundaries_advisory=BOUNDS
        )
        self._tokens = meter.create_counter("voice.llm.tokens.total", "{token}")
        self._characters = meter.create_counter("voice.tts.characters.total", "{character}")
        self._audio = meter.create_counter("voice.stt.audio.seconds.total", "s")

    async def on_push_frame(self, data: FramePushed) -> None:
        if not isinstance(data.frame, StartFrame | MetricsFrame) or data.frame.id in self._seen:
            return
        self._seen.add(data.frame.id)  # a frame is seen at each of its hops
        try:
            self._record(data.frame)
        except Exception as error:  # noqa: BLE001 - nothing may reach the pipeline
            log.warning("voice metrics: a %s is not recorded: %s", type(data.frame).__name__, type(error).__name__)

    async def cleanup(self) -> None:
        await super().cleanup()  # type: ignore[no-untyped-call,unused-ignore]
        self._go_on()

    def _record(self, frame: Frame) -> None:
        if isinstance(frame, StartFrame) and not self._until:
            self._calls.add(1, self._call)
            self._until = time.monotonic()
        elif isinstance(frame, MetricsFrame):
            self._go_on()
            for datum in frame.data:
                self._measure(datum)

    def _go_on(self) -> None:
        """Adds what has passed since the last time, not since the beginning: the sum is the call's duration."""
        if self._until:
            now = time.monotonic()
            self._duration.add(now - self._until, self._call)
            self._until = now

    def _measure(self, datum: MetricsData) -> None:
        by = self._call | who(datum)
        used = {key: by[key] for key in by if key not in ("stage", "processor")}  # the metric says what was used
        match datum:
            case TTFBMetricsData() if datum.value > 0:  # a pipeline starts with zeros that nobody has measured
                self._ttfb.record(1000 * datum.value, by)
            case ProcessingMetricsData() if datum.value > 0:
                self._processing.record(1000 * datum.value, by)
            case LLMUsageMetricsData():
                for token_type, token_kind, count in split(datum.value):
                    self._tokens.add(count, used | {"token_type": token_type, "token_kind": token_kind})
            case TTSUsageMetricsData():
                self._characters.add(datum.value, used)
            case STTUsageMetricsData():
                self._audio.add(datum.value.audio_seconds, used)


def who(datum: MetricsData) -> dict[str, str]:
    """Who did the work, by the class of its service: OpenAILLMService is the provider openai's, at the stage llm."""
    processor = datum.processor.split("#")[0]
    by = {"processor": processor}
    if service := _SERVICE.match(processor):
        by |= {"provider": service["provider"].lower(), "stage": service["stage"].lower()}
    return by | ({"model": datum.model} if datum.model else {})


def split(used: LLMTokenUsage) -> Iterator[tuple[str, str, int]]:
    """Tokens by type and kind, in parts that do not overlap.

    Cached tokens are among the prompt's and reasoning among the completion's, but for vendors that count them apart
    (Anthropic and Bedrock the former, Google the latter). The total tells.
    """
    read, written, reasoning = (
        count or 0 for count in (used.cache_read_input_tokens, used.cache_creation_input_tokens, used.reasoning_tokens)
    )
    beyond = used.total_tokens - used.prompt_tokens - used.completion_tokens
    for token_type, token_kind, count in (
        ("prompt", "text", used.prompt_tokens - (0 if beyond == read + written else read + written)),
        ("prompt", "cache_read", read),
        ("prompt", "cache_write", written),
        ("completion", "text", used.completion_tokens - (0 if beyond == reasoning else reasoning)),
        ("completion", "reasoning", reasoning),
    ):
        if count > 0:
            yield token_type, token_kind, count
