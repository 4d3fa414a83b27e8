"""Takes one call of the example agent and writes what is true about it, for test/e2e: what the script says that it uses, and what
LiveKit measured, as a witness of our own has seen it.

    livekit_call.py CALL_ID REPORT WAY...
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "livekit"))

import agent
import scripted
from livekit.agents import ConversationItemAddedEvent, MetricsCollectedEvent, metrics


async def main(call_id: str, report: Path, ways: list[str]) -> None:
    call = scripted.Call()
    session = agent.session_of(call)
    agent.tell(session, call_id, ways)
    noted: list[dict[str, Any]] = []

    def note(kind: str, stage: str, seconds: float) -> None:
        noted.append({"kind": kind, "stage": stage, "seconds": seconds})

    @session.on("metrics_collected")
    def measured(event: MetricsCollectedEvent) -> None:
        match event.metrics:
            case metrics.EOUMetrics(transcription_delay=delay):
                note("ttfb", "stt", delay)
            case metrics.LLMMetrics(ttft=ttft, duration=duration):
                note("ttfb", "llm", ttft)
                note("processing", "llm", duration)
            case metrics.TTSMetrics(ttfb=ttfb, duration=duration):
                note("ttfb", "tts", ttfb)
                note("processing", "tts", duration)

    @session.on("conversation_item_added")
    def answered(event: ConversationItemAddedEvent) -> None:
        if event.item.type == "message" and (latency := event.item.metrics.get("e2e_latency")):
            note("turn", "", latency)

    await agent.take(session, call)
    tracked = [{"number": number + 1, "interrupted": False} for number in range(len(scripted.SCRIPT))]
    said = [words for turn in scripted.SCRIPT for words in (turn.heard, turn.answer)] + [agent.INSTRUCTIONS]
    taken = {"call_id": call_id, "measured": noted, "tracked": tracked}
    report.write_text(json.dumps({"calls": [taken], "expected": dict(scripted.expected()), "said": said}))


asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
