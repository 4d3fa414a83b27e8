"""Emits events on a real session, against a collector that fails."""

import asyncio
import json
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from livekit.agents import Agent, AgentSession, llm, metrics, tts
from livekit.agents.voice import events

import voice_events
from voice_events import forward

SECRET = "my card number is 4929"
OK, BUSY, HANG_UP = 200, 503, 0


class Collector(ThreadingHTTPServer):
    """Answers as scripted, then with 200; `bodies` has every request, `taken` the events of those it took."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.script: list[int] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.taken: list[dict[str, Any]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/v1/frames"


class _Answer(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        self.server.headers.append(dict(self.headers))
        status = self.server.script.pop(0) if self.server.script else OK
        if status == HANG_UP:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if status == OK:
            self.server.taken += [json.loads(line) for line in body.splitlines()]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b'{"accepted":1,"duplicates":0,"ignored":0,"rejected":[]}')

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_events, "LINGER_SECONDS", 0.05)
    monkeypatch.setattr(voice_events, "BACKOFF_SECONDS", (0.01, 0.02))
    monkeypatch.delenv("VOICE_FRAMES_URL", raising=False)
    monkeypatch.delenv("VOICE_FRAMES_TOKEN", raising=False)


def thought(request: str = "chatcmpl_1") -> events.MetricsCollectedEvent:
    measured = metrics.LLMMetrics(
        label="livekit.plugins.openai.llm.LLM", request_id=request, timestamp=1764000002.7, duration=1.31, ttft=0.412,
        cancelled=False, completion_tokens=37, prompt_tokens=1042, prompt_cached_tokens=896, total_tokens=1079,
        tokens_per_second=28.2,
    )  # fmt: skip
    return events.MetricsCollectedEvent(metrics=measured, created_at=1764000002.7)


CLOSE = events.CloseEvent(reason=events.CloseReason.USER_INITIATED, created_at=1764000074.2)


def call(url: str | None, *emitted: Any, token: str | None = None, close: bool = True) -> threading.Thread:
    """Emits events on a session, to its close, and waits for the sender."""

    async def play() -> threading.Thread:
        session = AgentSession[None](vad=None)
        sender = forward(session, "c1", url, token)
        for event in (*emitted, CLOSE) if close else emitted:
            session.emit(event.type, event)
        return sender

    sender = asyncio.run(play())
    if close:
        sender.join(10)
    return sender


def test_each_event_arrives_once_and_in_order(collector: Collector) -> None:
    error = tts.TTSError(timestamp=1764000003.5, label="cartesia.TTS", error=TimeoutError(SECRET), recoverable=True)
    failed = events.ErrorEvent(error=error, source=object(), created_at=1764000003.5)
    call(collector.url, thought(), thought("chatcmpl_2"), failed, token="s3cret")

    assert [(e["type"], e["call_id"]) for e in collector.taken] == [
        ("metrics_collected", "c1"), ("metrics_collected", "c1"), ("error", "c1"), ("voice.call_ended", "c1"),
    ]  # fmt: skip
    assert collector.taken[0]["metrics"]["prompt_cached_tokens"] == 896
    assert collector.taken[2]["error"] == {
        "type": "tts_error", "timestamp": 1764000003.5, "label": "cartesia.TTS", "recoverable": True,
    }  # fmt: skip
    assert [e["created_at"] for e in collector.taken[:-1]] == [1764000002.7, 1764000002.7, 1764000003.5]
    assert {h["Content-Type"] for h in collector.headers} == {"application/x-ndjson"}
    assert {h["Authorization"] for h in collector.headers} == {"Bearer s3cret"}


def test_a_call_begins_and_ends_though_nobody_speaks(collector: Collector) -> None:
    async def play() -> tuple[float, threading.Thread]:
        session = AgentSession[None](vad=None)
        sender = forward(session, "c1", collector.url)
        before = time.time()
        await session.start(Agent(instructions=SECRET))
        await session.aclose()
        return before, sender

    before, sender = asyncio.run(play())
    sender.join(10)

    started, ended = (event for event in collector.taken if event["type"] != "conversation_item_added")
    assert SECRET.encode() not in b"".join(collector.bodies)
    assert before <= started.pop("timestamp") <= ended.pop("timestamp") <= time.time()
    assert started == {"type": "voice.call_started", "call_id": "c1"}
    assert ended == {"type": "voice.call_ended", "reason": "user_initiated", "call_id": "c1"}


def test_later_states_begin_no_call(collector: Collector) -> None:
    listens = events.AgentStateChangedEvent(old_state="initializing", new_state="listening", created_at=1764000000.0)
    thinks = events.AgentStateChangedEvent(old_state="listening", new_state="thinking", created_at=1764000002.3)
    call(collector.url, listens, thinks)

    assert collector.taken == [
        {"type": "voice.call_started", "timestamp": 1764000000.0, "call_id": "c1"},
        {"type": "voice.call_ended", "timestamp": 1764000074.2, "reason": "user_initiated", "call_id": "c1"},
    ]


def test_the_environment_says_what_arguments_do_not(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_FRAMES_URL", collector.url)
    monkeypatch.setenv("VOICE_FRAMES_TOKEN", "s3cret")
    call(None, thought())
    monkeypatch.setenv("VOICE_FRAMES_URL", "http://127.0.0.1:1")
    call(collector.url, thought(), token="other")

    assert [h["Authorization"] for h in collector.headers] == ["Bearer s3cret", "Bearer other"]


def test_no_content_leaves(collector: Collector) -> None:
    said = llm.ChatMessage(role="assistant", content=[SECRET], interrupted=True, metrics={"e2e_latency": 0.9})
    asked = llm.FunctionCall(call_id="call_1", name="find", arguments=SECRET)
    found = llm.FunctionCallOutput(call_id="call_1", name="find", output=SECRET, is_error=True)
    call(
        collector.url,
        events.ConversationItemAddedEvent(item=said),
        events.FunctionToolsExecutedEvent(function_calls=[asked], function_call_outputs=[found]),
        events.UserInputTranscribedEvent(transcript=SECRET, is_final=True),
    )

    assert SECRET.encode() not in b"".join(collector.bodies)
    item, tools, _ = collector.taken
    assert (item["item"]["interrupted"], item["item"]["metrics"]) == (True, {"e2e_latency": 0.9})
    assert tools["function_calls"][0]["name"] == "find"
    assert tools["function_call_outputs"][0]["is_error"] is True


def test_the_same_bytes_are_sent_again_until_they_are_taken(collector: Collector) -> None:
    collector.script = [HANG_UP, BUSY, 429, 502, 504]
    call(collector.url, thought())

    assert len(set(collector.bodies)) == 1
    assert [e["type"] for e in collector.taken] == ["metrics_collected", "voice.call_ended"]


@pytest.mark.parametrize("status", [302, 400, 401, 413, 500])
def test_what_is_refused_for_good_is_not_sent_again(
    collector: Collector, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    collector.script = [status]
    call(collector.url, thought())

    assert len(collector.bodies) == 1
    assert f"answers {status}, a batch is lost" in caplog.text


def test_batches_have_at_most_200_events(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_events, "LINGER_SECONDS", 60)
    call(collector.url, *(thought(f"chatcmpl_{n}") for n in range(450)))

    assert [e["metrics"]["request_id"] for e in collector.taken[:-1]] == [f"chatcmpl_{n}" for n in range(450)]
    assert max(len(body.splitlines()) for body in collector.bodies) == 200


def test_a_dead_collector_is_given_up(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_events, "FLUSH_SECONDS", 0.3)
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        sender = call(f"http://127.0.0.1:{dead.getsockname()[1]}/v1/frames", thought())

    assert not sender.is_alive()
    assert "are lost" in caplog.text


def test_an_event_that_cannot_be_written_hurts_nobody(collector: Collector, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(events.MetricsCollectedEvent):
        def model_dump(self, **_: Any) -> dict[str, Any]:
            raise RuntimeError(SECRET)

    call(collector.url, Broken(metrics=thought().metrics), thought())

    assert [e["type"] for e in collector.taken] == ["metrics_collected", "voice.call_ended"]
    assert "a metrics_collected is not sent: RuntimeError" in caplog.text
    assert SECRET not in caplog.text


def test_the_exit_of_the_process_flushes(collector: Collector) -> None:
    agent = f"""
        import asyncio
        from livekit.agents import AgentSession
        from test_voice_events import thought
        from voice_events import forward

        async def main():
            session = AgentSession(vad=None)
            forward(session, "c1", {collector.url!r})
            session.emit("metrics_collected", thought())

        asyncio.run(main())
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(agent)], cwd=Path(__file__).parent, check=True, timeout=300)

    assert [event["type"] for event in collector.taken] == ["metrics_collected"]


def test_the_url_is_checked_at_once() -> None:
    with pytest.raises(ValueError, match="must start with http"):
        call("localhost:4319/v1/frames")
