"""A LiveKit agent that knows where parcels are, and three ways in which it can tell otelcol-voice of its calls:

    uv run agent.py             # events of its session, by voice_events.py
    uv run agent.py spans       # LiveKit's own tracing, exported by OTLP
    uv run agent.py metrics     # LiveKit's own metrics, exported by OTLP, to a collector that was started for them (README.md)

One of them is enough: two say everything twice. The caller and the vendors are scripted (scripted.py), so it runs without keys
and without a room. In an agent of your own, `tell` goes into the entrypoint, before `session.start`.
"""

import argparse
import asyncio
import os
import uuid
from collections.abc import Sequence

from livekit.agents import Agent, AgentSession, TurnHandlingOptions
from livekit.agents.telemetry import set_tracer_provider
from opentelemetry import metrics
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from scripted import Call, Caller, Ear, Earpiece, Mind, Mouth
from voice_events import forward

WAYS = ("events", "spans", "metrics")
INSTRUCTIONS = "You know where parcels are."
RESOURCE = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", "voice-bot")})


def tell(session: AgentSession[None], call_id: str, ways: Sequence[str]) -> None:
    """Has a session tell of itself. Where OpenTelemetry exports to is in OTEL_EXPORTER_OTLP_ENDPOINT."""
    if "events" in ways:
        forward(session, call_id)
    if "spans" in ways:
        provider = TracerProvider(resource=RESOURCE)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        set_tracer_provider(provider, metadata={"gen_ai.conversation.id": call_id})  # on every span
    if "metrics" in ways:
        reader = PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=10_000)
        metrics.set_meter_provider(MeterProvider([reader], resource=RESOURCE.merge(Resource({"call.id": call_id}))))


def session_of(call: Call) -> AgentSession[None]:
    turns = TurnHandlingOptions(turn_detection="stt", interruption={"resume_false_interruption": False})
    session = AgentSession[None](stt=Ear(call), llm=Mind(call), tts=Mouth(), vad=None, turn_handling=turns)
    session.output.audio = Earpiece(call)
    return session


async def take(session: AgentSession[None], call: Call) -> None:
    """Takes one call, from its beginning to its end."""
    session.input.audio = caller = Caller(call)
    await session.start(Agent(instructions=INSTRUCTIONS))
    await caller.hung_up.wait()
    await session.aclose()


async def main(ways: Sequence[str], call_id: str) -> None:
    call = Call()
    session = session_of(call)
    tell(session, call_id, ways)
    await take(session, call)
    print(f"call {call_id} has ended")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Takes a scripted call and tells otelcol-voice of it.")
    parser.add_argument(
        "ways", nargs="*", choices=WAYS, default="events", help="how it tells: events (the default), spans or metrics"
    )
    parser.add_argument("--call-id", default=str(uuid.uuid4()), help="what the call is called")
    arguments = parser.parse_args()
    ways = [arguments.ways] if isinstance(arguments.ways, str) else arguments.ways
    asyncio.run(main(ways, arguments.call_id))
