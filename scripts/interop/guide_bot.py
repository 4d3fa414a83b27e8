"""The bot of the user's guide: exports metrics with the OpenTelemetry SDK as its exporter class does, with all that is wrong in them.

Rebuilt from what the class is known to do, so that its numbers are known: seconds are recorded as milliseconds, the zeros of
a pipeline's start among them; the calls' counter is made and never added to; each MetricsFrame adds all that has passed since the
beginning to the session's duration; gpt-4o is priced as GPT-4 was, and speech recognition not at all; processors keep their counter.

    guide_bot.py REPORT CALL_ID...        one session each, exported to OTEL_EXPORTER_OTLP_ENDPOINT

The report says of each session how long it told that it has lasted, and how long it has.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

MODELS = {"llm": "gpt-4o", "stt": "gladia", "tts": "cartesia"}
PROCESSORS = {
    "llm": "OpenAILLMService#0",
    "stt": "GladiaSTTService#0",
    "tts": "CartesiaTTSService#0",
}

# What the class believes.
PROMPT_USD, COMPLETION_USD, CHARACTER_USD = 0.00003, 0.00006, 0.000015

# (seconds since the session began, kind, stage, value): each is a MetricsFrame of its own, as Pipecat sends them.
SESSION = [
    (0.1, "ttfb", "stt", 0.0),
    (0.1, "ttfb", "llm", 0.0),
    (0.1, "processing", "llm", 0.0),
    (0.1, "ttfb", "tts", 0.0),
    (4.0, "ttfb", "stt", 0.25),
    (4.5, "ttfb", "llm", 0.412),
    (5.4, "processing", "llm", 1.31),
    (5.4, "tokens", "llm", (1042, 37)),
    (5.5, "characters", "tts", 48),
    (5.7, "ttfb", "tts", 0.19),
    (14.0, "ttfb", "llm", 0.588),
    (15.2, "processing", "llm", 1.69),
    (15.2, "tokens", "llm", (1100, 63)),
    (15.3, "characters", "tts", 152),
    (15.5, "ttfb", "tts", 0.21),
]


class Exporter:
    """The guide's exporter class, for one session."""

    def __init__(self, call_id: str) -> None:
        self.call = {"call_id": call_id} | {f"{stage}_model": model for stage, model in MODELS.items()}
        resource = Resource.create({
            "service.name": "voice-rag-bot", "service.version": "1.0.0", "service.instance.id": call_id, "call.id": call_id,
            **{f"model.{stage}": model for stage, model in MODELS.items()},
        })  # fmt: skip
        # The guide's interval is 10 s; here the session ends sooner, and says when to export.
        self.provider = MeterProvider(
            [PeriodicExportingMetricReader(OTLPMetricExporter(), 3_600_000)],
            resource=resource,
        )
        meter = self.provider.get_meter("grafana_metrics")
        self.calls = meter.create_counter("voice.calls.total", "1")  # and that is all that happens to it
        self.latencies = {
            kind: meter.create_histogram(f"voice.{kind}.milliseconds", "ms") for kind in ("ttfb", "processing")
        }
        self.tokens = meter.create_counter("voice.llm.tokens.total", "1")
        self.characters = meter.create_counter("voice.tts.characters.total", "1")
        self.cost = meter.create_counter("voice.cost.usd", "USD")
        self.duration = meter.create_up_down_counter("voice.session.duration.seconds", "s")

    def frame(self, elapsed: float, kind: str, stage: str, value) -> None:
        by = self.call | {"processor": PROCESSORS[stage]}
        match kind:
            case "ttfb" | "processing":
                self.latencies[kind].record(value, by | {"metric_type": kind})
            case "tokens":
                for token_type, count, usd in zip(("prompt", "completion"), value, (PROMPT_USD, COMPLETION_USD)):
                    self.tokens.add(count, by | {"token_type": token_type})
                    self.cost.add(count * usd, by | {"cost_type": "llm"})
            case "characters":
                self.characters.add(value, by)
                self.cost.add(value * CHARACTER_USD, by | {"cost_type": "tts"})
        self.duration.add(int(elapsed), self.call)


QUICKENED = 5  # times: a session of 15.5 s takes 3.1 s


def session(call_id: str) -> dict[str, float]:
    exporter, began, told = Exporter(call_id), time.monotonic(), 0
    began_at = time.time()  # as the SDK dates it: a clock may be set in between
    for number, (due, kind, stage, value) in enumerate(SESSION):
        time.sleep(max(0.0, began + due / QUICKENED - time.monotonic()))
        elapsed = time.monotonic() - began
        exporter.frame(elapsed, kind, stage, value)
        told += int(elapsed)
        if number in (3, 9):
            exporter.provider.force_flush()
    exporter.provider.shutdown()
    return {"told": told, "lasted": time.time() - began_at}


with ThreadPoolExecutor() as at_once:
    Path(sys.argv[1]).write_text(json.dumps(list(at_once.map(session, sys.argv[2:]))))
