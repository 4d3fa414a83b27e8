"""Shows the observer frames without a pipeline, and reads what the SDK would export."""

import asyncio
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from pipecat.frames.frames import Frame, MetricsFrame, StartFrame
from pipecat.metrics.metrics import (
    LLMTokenUsage,
    LLMUsageMetricsData,
    MetricsData,
    ProcessingMetricsData,
    STTUsage,
    STTUsageMetricsData,
    TTFBMetricsData,
    TTSUsageMetricsData,
)
from pipecat.observers.base_observer import FramePushed
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from voice_metrics import BOUNDS, VoiceMetricsObserver, split, who

LLM = {"processor": "OpenAILLMService#57", "model": "gpt-4o"}


class Exporter:
    """A call's observer, and what its numbers have come to."""

    def __init__(self) -> None:
        self._reader = InMemoryMetricReader()
        provider = MeterProvider([self._reader], shutdown_on_exit=False)
        self.observer = VoiceMetricsObserver(provider.get_meter("test"), "c1")

    def push(self, *frames: Frame) -> None:
        async def show() -> None:
            hop = FrameProcessor()
            for frame in frames:
                await self.observer.on_push_frame(FramePushed(hop, hop, frame, FrameDirection.DOWNSTREAM, 0))

        asyncio.run(show())

    def points(self) -> dict[str, list[Any]]:
        data = self._reader.get_metrics_data()
        assert data is not None
        metrics = data.resource_metrics[0].scope_metrics[0].metrics
        return {metric.name: list(metric.data.data_points) for metric in metrics}


def measured(*data: MetricsData) -> MetricsFrame:
    return MetricsFrame(data=list(data))


def test_a_frame_counts_once_though_it_is_seen_at_every_hop() -> None:
    exporter = Exporter()
    start, used = StartFrame(), measured(TTSUsageMetricsData(processor="CartesiaTTSService#0", value=48))
    exporter.push(start, start, used, used, used)

    points = exporter.points()
    assert [point.value for point in points["voice.calls.total"]] == [1]
    (characters,) = points["voice.tts.characters.total"]
    assert characters.value == 48
    assert dict(characters.attributes) == {"call_id": "c1", "provider": "cartesia"}


def test_latencies_are_milliseconds_and_no_zeros() -> None:
    exporter = Exporter()
    exporter.push(
        measured(TTFBMetricsData(**LLM, value=0.0), ProcessingMetricsData(**LLM, value=0.0)),
        measured(TTFBMetricsData(**LLM, value=0.412), ProcessingMetricsData(**LLM, value=1.31)),
    )

    points = exporter.points()
    for name, want in (("voice.ttfb.milliseconds", 412), ("voice.processing.milliseconds", 1310)):
        (point,) = points[name]
        assert isinstance(point, HistogramDataPoint)
        assert (point.count, list(point.explicit_bounds)) == (1, BOUNDS)
        assert point.sum == pytest.approx(want)
        assert dict(point.attributes or {}) == {
            "call_id": "c1", "stage": "llm", "processor": "OpenAILLMService", "provider": "openai", "model": "gpt-4o",
        }  # fmt: skip


def test_a_duration_grows_by_what_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = Exporter()
    for seconds, frame in ((100.0, StartFrame()), (104.5, measured()), (110.0, measured())):
        monkeypatch.setattr("voice_metrics.time.monotonic", lambda seconds=seconds: seconds)
        exporter.push(frame)
    assert exporter.points()["voice.session.duration.seconds"][0].value == 10
    monkeypatch.setattr("voice_metrics.time.monotonic", lambda: 174.25)
    asyncio.run(exporter.observer.cleanup())

    assert exporter.points()["voice.session.duration.seconds"][0].value == 74.25


@pytest.mark.parametrize(
    ("processor", "provider", "stage"),
    [("DeepgramSTTService#3", "deepgram", "stt"), ("CartesiaTTSService#0", "cartesia", "tts"), ("Mine#0", None, None)],
)
def test_the_class_of_a_service_says_who_it_is(processor: str, provider: str | None, stage: str | None) -> None:
    by = who(TTFBMetricsData(processor=processor, value=0.1))
    assert (by["processor"], by.get("provider"), by.get("stage")) == (processor.split("#")[0], provider, stage)


def test_use_is_told_by_kind() -> None:
    exporter = Exporter()
    usage = LLMTokenUsage(prompt_tokens=1042, completion_tokens=37, total_tokens=1079, cache_read_input_tokens=896)
    heard = STTUsageMetricsData(processor="DeepgramSTTService#0", model="nova-3", value=STTUsage(audio_seconds=2.5))
    exporter.push(measured(LLMUsageMetricsData(**LLM, value=usage), heard))

    points = exporter.points()
    assert {
        (point.attributes["token_type"], point.attributes["token_kind"]): point.value
        for point in points["voice.llm.tokens.total"]
    } == {("prompt", "text"): 146, ("prompt", "cache_read"): 896, ("completion", "text"): 37}
    assert next(dict(point.attributes) for point in points["voice.llm.tokens.total"]) == {
        "call_id": "c1", "provider": "openai", "model": "gpt-4o", "token_type": "prompt", "token_kind": "text",
    }  # fmt: skip
    (audio,) = points["voice.stt.audio.seconds.total"]
    assert audio.value == 2.5
    assert dict(audio.attributes) == {"call_id": "c1", "provider": "deepgram", "model": "nova-3"}


@pytest.mark.parametrize(
    ("usage", "parts"),
    [
        ({"prompt": 10, "completion": 5, "total": 15}, {"text": 10, "out": 5}),
        ({"prompt": 10, "completion": 5, "total": 15, "read": 4, "written": 3}, {"text": 3, "read": 4, "written": 3, "out": 5}),
        ({"prompt": 10, "completion": 5, "total": 22, "read": 4, "written": 3}, {"text": 10, "read": 4, "written": 3, "out": 5}),
        ({"prompt": 10, "completion": 5, "total": 15, "reasoning": 2}, {"text": 10, "out": 3, "reasoning": 2}),
        ({"prompt": 10, "completion": 5, "total": 17, "reasoning": 2}, {"text": 10, "out": 5, "reasoning": 2}),
        ({"prompt": 4, "completion": 0, "total": 4, "read": 4}, {"read": 4}),
    ],
    ids=["plain", "cached among", "cached apart", "reasoning among", "reasoning apart", "all cached"],
)  # fmt: skip
def test_parts_do_not_overlap(usage: dict[str, int], parts: dict[str, int]) -> None:
    used = LLMTokenUsage(
        prompt_tokens=usage["prompt"], completion_tokens=usage["completion"], total_tokens=usage["total"],
        cache_read_input_tokens=usage.get("read"), cache_creation_input_tokens=usage.get("written"),
        reasoning_tokens=usage.get("reasoning"),
    )  # fmt: skip
    names = {
        ("prompt", "text"): "text", ("prompt", "cache_read"): "read", ("prompt", "cache_write"): "written",
        ("completion", "text"): "out", ("completion", "reasoning"): "reasoning",
    }  # fmt: skip
    assert {names[token_type, token_kind]: count for token_type, token_kind, count in split(used)} == parts


def test_what_cannot_be_recorded_hurts_nobody(caplog: pytest.LogCaptureFixture) -> None:
    exporter = Exporter()
    broken = measured(TTFBMetricsData.model_construct(processor=None, model=None, value=0.4))
    exporter.push(broken, measured(TTFBMetricsData(**LLM, value=0.25)))

    assert exporter.points()["voice.ttfb.milliseconds"][0].count == 1
    assert "a MetricsFrame is not recorded: AttributeError" in caplog.text
