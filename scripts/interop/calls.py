"""Takes the example bot's calls and writes what is true about them, for test/e2e: what the script says that they use, and what
Pipecat measured, as a witness of our own has seen it.

    calls.py CALLS REPORT WAY...
"""

import asyncio
import json
import sys
import uuid
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "pipecat"))

import bot
import scripted
from loguru import logger
from pipecat.frames.frames import MetricsFrame
from pipecat.metrics.metrics import ProcessingMetricsData, TTFBMetricsData
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.observers.turn_tracking_observer import TurnTrackingObserver
from pipecat.observers.user_bot_latency_observer import UserBotLatencyObserver

STAGES = ("stt", "llm", "tts")
MEASURED = {TTFBMetricsData: "ttfb", ProcessingMetricsData: "processing"}


class Witness(BaseObserver):
    """Notes each latency once, in seconds, as Pipecat says it."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[dict[str, Any]] = []
        self._seen: set[int] = set()

    async def on_push_frame(self, data: FramePushed) -> None:
        if not isinstance(data.frame, MetricsFrame) or data.frame.id in self._seen:
            return
        self._seen.add(data.frame.id)
        for datum in data.frame.data:
            kind = MEASURED.get(type(datum))
            if kind and datum.value:
                self.note(
                    kind,
                    next(stage for stage in STAGES if stage.upper() in datum.processor),
                    datum.value,
                )

    def note(self, kind: str, stage: str, seconds: float) -> None:
        self.noted.append({"kind": kind, "stage": stage, "seconds": seconds})


AT_ONCE = 10  # calls: more are too much for one core, and then nothing happens when the script says


async def take(line: asyncio.Semaphore, vendors: scripted.Vendors, ways: list[str]) -> dict[str, Any]:
    async with line:
        return await take_one(str(uuid.uuid4()), vendors, ways)


async def take_one(call_id: str, vendors: scripted.Vendors, ways: list[str]) -> dict[str, Any]:
    witness, latency = Witness(), UserBotLatencyObserver()
    tracked: list[dict[str, Any]] = []

    @latency.event_handler("on_latency_measured")
    async def note(_: UserBotLatencyObserver, seconds: float) -> None:
        witness.note("turn", "", seconds)

    turns = TurnTrackingObserver()

    @turns.event_handler("on_turn_ended")
    async def count(_: TurnTrackingObserver, number: int, duration: float, interrupted: bool) -> None:
        tracked.append({"number": number, "interrupted": interrupted})

    observers = [turns, *bot.observers_of(call_id, ways), witness, latency]
    await bot.call(call_id, vendors, observers, "spans" in ways)
    return {"call_id": call_id, "measured": witness.noted, "tracked": tracked}


def said() -> list[str]:
    """What must not leave: what caller and bot say, and what the bot is told."""
    return [words for turn in scripted.SCRIPT for words in (turn.heard, *turn.answer)] + [bot.book_table.__doc__ or ""]


async def main(calls: int, report: Path, ways: list[str]) -> None:
    bot.export(ways)
    line = asyncio.Semaphore(AT_ONCE)
    async with scripted.Vendors() as vendors:
        taken = await asyncio.gather(*(take(line, vendors, ways) for _ in range(calls)))
    report.write_text(json.dumps({"calls": taken, "expected": dict(scripted.expected()), "said": said()}))


logger.remove()
logger.add(sys.stderr, level="WARNING")
asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
