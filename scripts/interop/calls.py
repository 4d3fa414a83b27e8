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

import bot  # noqa: E402
import scripted  # noqa: E402
from loguru import logger  # noqa: E402
from pipecat.frames.frames import MetricsFrame  # noqa: E402
from pipecat.metrics.metrics import ProcessingMetricsData, TTFBMetricsData  # noqa: E402
from pipecat.observers.base_observer import BaseObserver, FramePushed  # noqa: E402
from pipecat.observers.user_bot_latency_observer import UserBotLatencyObserver  # noqa: E402

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
                self.noted.append({"kind": kind, "processor": datum.processor.split("#")[0], "seconds": datum.value})


APART_SECONDS = 0.3  # from the beginning of one call to that of the next: it is work to make a pipeline


async def take(number: int, vendors: scripted.Vendors, ways: list[str]) -> dict[str, Any]:
    await asyncio.sleep(number * APART_SECONDS)
    call_id = str(uuid.uuid4())
    witness, latency = Witness(), UserBotLatencyObserver()

    @latency.event_handler("on_latency_measured")
    async def note(_: UserBotLatencyObserver, seconds: float) -> None:
        witness.noted.append({"kind": "turn", "processor": "", "seconds": seconds})

    observers = [*bot.observers_of(call_id, ways), witness, latency]
    await bot.call(call_id, vendors, observers, "spans" in ways)
    return {"call_id": call_id, "measured": witness.noted}


async def main(calls: int, report: Path, ways: list[str]) -> None:
    bot.export(ways)
    async with scripted.Vendors() as vendors:
        taken = await asyncio.gather(*(take(number, vendors, ways) for number in range(calls)))
    report.write_text(json.dumps({"calls": taken, "expected": dict(scripted.expected())}))


logger.remove()
logger.add(sys.stderr, level="WARNING")
asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
