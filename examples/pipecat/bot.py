"""A Pipecat bot that books tables, and three ways in which it can tell otelcol-voice of its calls:

    uv run bot.py             # frames, by the observer in voice_frames.py
    uv run bot.py spans       # Pipecat's own tracing, exported by OTLP
    uv run bot.py metrics     # the OpenTelemetry SDK's metrics, by the observer in voice_metrics.py

One of them is enough: two say everything twice. Its services are those of Pipecat; the caller and the vendors behind the services are scripted (scripted.py), so it runs without keys.
For a bot of your own, leave out `base_url` and `url`, set `api_key`, and put your transport in the place of Caller and Earpiece.
"""

import argparse
import asyncio
import os
import sys
import uuid
from collections.abc import Sequence

from loguru import logger
from opentelemetry import metrics
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from pipecat.frames.frames import EndFrame
from pipecat.observers.base_observer import BaseObserver
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.services.cartesia.tts import CartesiaTTSService
from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.services.llm_service import FunctionCallParams
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.turns.user_start import VADUserTurnStartStrategy
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.utils.tracing.setup import setup_tracing
from pipecat.workers.runner import WorkerRunner

from scripted import SAMPLE_RATE, Caller, Earpiece, Vendors
from voice_frames import VoiceFramesObserver
from voice_metrics import VoiceMetricsObserver

WAYS = ("frames", "spans", "metrics")
SERVICE_NAME = "voice-bot"
MODELS = {"stt_model": "nova-3", "llm_model": "gpt-4o", "tts_model": "sonic-3.5"}


async def book_table(params: FunctionCallParams) -> None:
    """Book a table for the caller."""
    await params.result_callback({"booked": True})


def pipeline_of(call_id: str, caller: Caller, vendors: Vendors) -> Pipeline:
    stt = DeepgramSTTService(
        api_key=call_id,
        base_url=f"ws://localhost:{vendors.port}",
        settings=DeepgramSTTService.Settings(model=MODELS["stt_model"]),
    )
    llm = OpenAILLMService(
        api_key=call_id,
        base_url=f"http://localhost:{vendors.port}/v1",
        settings=OpenAILLMService.Settings(model=MODELS["llm_model"]),
    )
    tts = CartesiaTTSService(
        api_key=call_id,
        url=f"ws://localhost:{vendors.port}/tts/websocket",
        settings=CartesiaTTSService.Settings(model=MODELS["tts_model"], voice="scripted"),
    )
    turns = UserTurnStrategies(
        start=[VADUserTurnStartStrategy()], stop=[SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.1)]
    )
    context = LLMContext(tools=[book_table])
    aggregators = LLMContextAggregatorPair(context, user_params=LLMUserAggregatorParams(user_turn_strategies=turns))
    return Pipeline([caller, stt, aggregators.user(), llm, tts, Earpiece(), aggregators.assistant()])


async def call(call_id: str, vendors: Vendors, observers: Sequence[BaseObserver], tracing: bool) -> None:
    """Takes one call, from its beginning to its end."""
    caller = Caller()
    worker = PipelineWorker(
        pipeline_of(call_id, caller, vendors),
        params=PipelineParams(enable_metrics=True, enable_usage_metrics=True, audio_in_sample_rate=SAMPLE_RATE),
        observers=list(observers),
        conversation_id=call_id,
        enable_tracing=tracing,
        enable_rtvi=False,
    )

    async def end() -> None:
        await caller.hung_up.wait()
        await worker.queue_frame(EndFrame(reason="hangup"))

    runner = WorkerRunner(handle_sigint=False, handle_sigterm=False)
    await runner.add_workers(worker)
    await asyncio.gather(runner.run(), end())


def export(ways: Sequence[str]) -> None:
    """Sets OpenTelemetry up, once for the process. Where it exports to is in OTEL_EXPORTER_OTLP_ENDPOINT."""
    if "spans" in ways:
        setup_tracing(service_name=SERVICE_NAME, exporter=OTLPSpanExporter())
    if "metrics" in ways:
        reader = PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=10_000)
        resource = Resource.create({"service.name": SERVICE_NAME})
        metrics.set_meter_provider(MeterProvider([reader], resource=resource))


def observers_of(call_id: str, ways: Sequence[str]) -> list[BaseObserver]:
    """The observers of one call."""
    observers: list[BaseObserver] = []
    if "frames" in ways:
        observers.append(VoiceFramesObserver(call_id=call_id, **MODELS))
    if "metrics" in ways:
        observers.append(VoiceMetricsObserver(metrics.get_meter("voice_metrics"), call_id))
    return observers


async def main(ways: Sequence[str], calls: int) -> None:
    export(ways)
    async with Vendors() as vendors:
        ids = [str(uuid.uuid4()) for _ in range(calls)]
        await asyncio.gather(*(call(each, vendors, observers_of(each, ways), "spans" in ways) for each in ids))
    for each in ids:
        print(f"call {each} has ended")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Takes scripted calls and tells otelcol-voice of them.")
    parser.add_argument(
        "ways", nargs="*", choices=WAYS, default="frames", help="how it tells: frames (the default), spans or metrics"
    )
    parser.add_argument("--calls", type=int, default=1, help="how many calls it takes at the same time")
    arguments = parser.parse_args()
    logger.remove()
    logger.add(sys.stderr, level=os.environ.get("LOG_LEVEL", "WARNING"))
    asyncio.run(main([arguments.ways] if isinstance(arguments.ways, str) else arguments.ways, arguments.calls))
