"""Runs real Pipecat pipelines of scripted services against a collector that fails in every way it can."""

import asyncio
import json
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    CancelFrame,
    EndFrame,
    ErrorFrame,
    Frame,
    FunctionCallCancelFrame,
    FunctionCallResultFrame,
    FunctionCallResultProperties,
    InterruptionFrame,
    MetricsFrame,
    TextFrame,
    TranscriptionFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.metrics.metrics import LLMTokenUsage, MetricsData, STTUsage, TTFBMetricsData
from pipecat.observers.base_observer import FramePushed
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.ai_service import AIService
from pipecat.workers.runner import WorkerRunner

import voice_frames
from voice_frames import VoiceFramesObserver

SECRET = "my card number is 4929"
OK, BUSY, HANG_UP = 200, 503, 0


class Collector(ThreadingHTTPServer):
    """Answers as scripted, then with 200; `attempts` has every request, `taken` the frames of those it took."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.script: list[tuple[int, dict[str, str]]] = []
        self.answer = b'{"accepted":1,"duplicates":0,"ignored":0,"rejected":[]}'
        self.attempts: list[tuple[float, dict[str, str], bytes]] = []
        self.taken: list[dict[str, Any]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/v1/frames"

    def ids(self) -> list[tuple[str, int]]:
        return [(frame["type"], frame["id"]) for frame in self.taken]


class _Answer(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.attempts.append((time.monotonic(), dict(self.headers), body))
        status, headers = self.server.script.pop(0) if self.server.script else (OK, {})
        if status == HANG_UP:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if status == OK:
            self.server.taken += [json.loads(line) for line in body.splitlines()]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.answer)

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
    monkeypatch.setattr(voice_frames, "LINGER_SECONDS", 0.05)
    monkeypatch.setattr(voice_frames, "BACKOFF_SECONDS", (0.01, 0.02))
    monkeypatch.delenv("VOICE_FRAMES_URL", raising=False)
    monkeypatch.delenv("VOICE_FRAMES_TOKEN", raising=False)


class Scripted(AIService):
    """A service that measures itself with Pipecat's own metrics, as the real ones do."""

    def can_generate_metrics(self) -> bool:
        return True

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TextFrame):
            await self.work(frame.text)
        await self.push_frame(frame, direction)

    async def work(self, text: str) -> None:
        raise NotImplementedError


class ScriptedSTTService(Scripted):
    async def work(self, text: str) -> None:
        await self.broadcast_frame(UserStartedSpeakingFrame)
        await self.broadcast_frame(UserStoppedSpeakingFrame)
        await self.start_stt_usage_metrics(STTUsage(audio_seconds=1.5))


class ScriptedLLMService(Scripted):
    async def work(self, text: str) -> None:
        await self.start_ttfb_metrics()
        await self.stop_ttfb_metrics()
        await self.start_llm_usage_metrics(
            LLMTokenUsage(prompt_tokens=100, completion_tokens=7, total_tokens=107, cache_read_input_tokens=64)
        )


class ScriptedTTSService(Scripted):
    pause = 0.0

    async def work(self, text: str) -> None:
        await asyncio.sleep(self.pause)
        await self.broadcast_frame(BotStartedSpeakingFrame)
        await self.start_tts_usage_metrics(text)
        await self.broadcast_frame(BotStoppedSpeakingFrame)


class Witness(FrameProcessor):
    """The last processor: what passes it downstream is what the observer should have sent."""

    def __init__(self) -> None:
        super().__init__()
        self.passed: list[Frame] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if direction is FrameDirection.DOWNSTREAM:
            self.passed.append(frame)
        await self.push_frame(frame, direction)

    def ids(self) -> list[tuple[str, int]]:
        names = {kind.__name__ for kind in voice_frames._FORWARDED}
        return [(type(f).__name__, f.id) for f in self.passed if type(f).__name__ in names]


def call(
    observer: VoiceFramesObserver | None, *frames: Frame, tts_pause: float = 0.0, then: Callable[[], Any] | None = None
) -> Witness:
    """Plays one call to its end through a real pipeline and worker."""

    async def play() -> Witness:
        witness, tts = Witness(), ScriptedTTSService()
        tts.pause = tts_pause
        worker = PipelineWorker(
            Pipeline([ScriptedSTTService(), ScriptedLLMService(), tts, witness]),
            params=PipelineParams(enable_metrics=True, enable_usage_metrics=True),
            observers=[observer] if observer else [],
            enable_rtvi=False,
        )
        await worker.queue_frames(frames)
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await runner.run()
        return witness

    return asyncio.run(play())


def push(observer: VoiceFramesObserver, *frames: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM) -> None:
    """Shows frames to an observer without a pipeline."""

    async def show() -> None:
        hop = FrameProcessor()
        for frame in frames:
            await observer.on_push_frame(FramePushed(hop, hop, frame, direction, 0))

    asyncio.run(show())


def measured(value: float = 0.25) -> MetricsFrame:
    return MetricsFrame(data=[TTFBMetricsData(processor="ScriptedLLMService#0", model="gpt-4o", value=value)])


def test_each_frame_arrives_once_and_in_order(collector: Collector) -> None:
    observer = VoiceFramesObserver(collector.url, call_id="c1", llm_model="gpt-4o", tts_model="sonic-3")
    before = time.time()
    witness = call(observer, TextFrame("hello"), TextFrame("you"), EndFrame(reason="hangup"))

    assert sorted(collector.ids()) == sorted(witness.ids())
    assert len(set(collector.ids())) == len(collector.ids()) == 1 + 1 + 2 * (4 + 4) + 1
    assert {frame["call_id"] for frame in collector.taken} == {"c1"}
    times = [frame["timestamp"] for frame in collector.taken]
    assert times == sorted(times)
    assert before <= times[0] <= times[-1] <= time.time()
    start, end = collector.taken[0], collector.taken[-1]
    assert {k: v for k, v in start.items() if k not in ("id", "timestamp")} == {
        "type": "StartFrame", "call_id": "c1", "llm_model": "gpt-4o", "tts_model": "sonic-3",
    }  # fmt: skip
    assert (end["type"], end["reason"]) == ("EndFrame", "hangup")


def test_metrics_carry_their_class(collector: Collector) -> None:
    call(VoiceFramesObserver(collector.url), TextFrame("hello"), EndFrame())

    data = [datum for frame in collector.taken for datum in frame.get("data", []) if datum.get("value")]
    named = {datum.pop("type"): datum for datum in data}
    assert named.pop("TTFBMetricsData")["value"] > 0
    assert {kind: datum["value"] for kind, datum in named.items()} == {
        "STTUsageMetricsData": {"audio_seconds": 1.5},
        "LLMUsageMetricsData": {
            "prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107, "cache_read_input_tokens": 64,
        },
        "TTSUsageMetricsData": 5,
    }  # fmt: skip
    assert all(datum["processor"].startswith("Scripted") for datum in named.values())


def test_the_end_comes_after_what_the_goodbye_used(collector: Collector) -> None:
    call(VoiceFramesObserver(collector.url), TextFrame("goodbye"), EndFrame(), tts_pause=0.3)

    kinds = [frame["type"] for frame in collector.taken]
    assert kinds[-2:] == ["BotStoppedSpeakingFrame", "EndFrame"]
    end, stopped = collector.taken[-1], collector.taken[-2]
    assert end["timestamp"] >= stopped["timestamp"]


def test_of_a_broadcast_pair_the_one_downstream_is_sent(collector: Collector) -> None:
    observer = VoiceFramesObserver(collector.url)
    down, up, alone = InterruptionFrame(), InterruptionFrame(), ErrorFrame(error="x")
    down.broadcast_sibling_id, up.broadcast_sibling_id = up.id, down.id
    push(observer, up, alone, direction=FrameDirection.UPSTREAM)
    push(observer, down, down)
    asyncio.run(observer.cleanup())

    assert collector.ids() == [("ErrorFrame", alone.id), ("InterruptionFrame", down.id)]


def test_a_cancelled_call_ends(collector: Collector) -> None:
    call(VoiceFramesObserver(collector.url), CancelFrame(reason="gone"))

    assert [(f["type"], f.get("reason")) for f in collector.taken][-1] == ("CancelFrame", "gone")


def test_no_content_leaves(collector: Collector) -> None:
    class NoteMetricsData(MetricsData):
        note: str

    observer = VoiceFramesObserver(collector.url)
    call(
        observer,
        TextFrame(SECRET),
        TranscriptionFrame(SECRET, "user", "now"),
        ErrorFrame(error=SECRET, exception=ValueError(SECRET), processor=ScriptedTTSService(name="tts")),
        MetricsFrame(data=[NoteMetricsData(processor="mine", note=SECRET)]),
        EndFrame(reason=SECRET),
    )

    sent = b"".join(body for _, _, body in collector.attempts)
    assert b"card" not in sent and SECRET.encode() not in sent
    assert next(f for f in collector.taken if f["type"] == "ErrorFrame").get("processor") == "tts"
    assert collector.taken[-1]["reason"] == "other"


def test_the_voice_detector_is_believed_about_when(collector: Collector) -> None:
    observer = VoiceFramesObserver(collector.url)
    push(
        observer,
        VADUserStartedSpeakingFrame(start_secs=0.2, timestamp=1764000000.25),
        VADUserStoppedSpeakingFrame(stop_secs=0.8, timestamp=1764000003.5),
    )
    asyncio.run(observer.cleanup())

    assert [{k: v for k, v in f.items() if k not in ("id", "call_id")} for f in collector.taken] == [
        {"type": "VADUserStartedSpeakingFrame", "timestamp": 1764000000.25, "start_secs": 0.2},
        {"type": "VADUserStoppedSpeakingFrame", "timestamp": 1764000003.5, "stop_secs": 0.8},
    ]


def test_of_a_function_only_its_name_and_end_are_told(collector: Collector) -> None:
    def result(**more: Any) -> FunctionCallResultFrame:
        return FunctionCallResultFrame(
            function_name="pay", tool_call_id=SECRET, arguments=SECRET, result=SECRET, **more
        )

    observer = VoiceFramesObserver(collector.url)
    push(
        observer,
        result(),
        result(properties=FunctionCallResultProperties(is_final=False)),
        result(error=SECRET),
        FunctionCallCancelFrame(function_name="pay", tool_call_id=SECRET, run_llm=True),
    )
    asyncio.run(observer.cleanup())

    fields = ("id", "call_id", "timestamp", "type", "function_name")
    assert [{k: v for k, v in f.items() if k not in fields} for f in collector.taken] == [
        {"properties": {"is_final": True}},
        {"properties": {"is_final": False}},
        {"properties": {"is_final": True}, "error": True},
        {"run_llm": True},
    ]
    assert {f["function_name"] for f in collector.taken} == {"pay"}
    assert SECRET.encode() not in b"".join(body for _, _, body in collector.attempts)


def test_the_same_bytes_are_sent_again_until_they_are_taken(collector: Collector) -> None:
    collector.script = [(HANG_UP, {}), (BUSY, {}), (429, {}), (502, {}), (504, {})]
    witness = call(VoiceFramesObserver(collector.url), TextFrame("hello"), EndFrame())

    first = [body for _, _, body in collector.attempts[:6]]
    assert len(set(first)) == 1
    assert sorted(collector.ids()) == sorted(witness.ids())


def test_retry_after_is_honoured(collector: Collector) -> None:
    collector.script = [(BUSY, {"Retry-After": "1"}), (BUSY, {"Retry-After": "soon"})]
    observer = VoiceFramesObserver(collector.url)
    push(observer, measured())
    asyncio.run(observer.cleanup())

    first, second, third = (at for at, _, _ in collector.attempts)
    assert 1.0 <= second - first < 2.0
    assert third - second < 0.5


@pytest.mark.parametrize("status", [400, 401, 413, 500])
def test_what_is_refused_for_good_is_not_sent_again(
    collector: Collector, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    collector.script = [(status, {})]
    observer = VoiceFramesObserver(collector.url)
    push(observer, measured())
    asyncio.run(observer.cleanup())

    assert len(collector.attempts) == 1
    assert f"answers {status}, a batch is lost" in caplog.text


def test_a_redirect_is_not_followed(collector: Collector, caplog: pytest.LogCaptureFixture) -> None:
    collector.script = [(302, {"Location": collector.url})]
    observer = VoiceFramesObserver(collector.url, token="s3cret")
    push(observer, measured())
    asyncio.run(observer.cleanup())

    assert len(collector.attempts) == 1
    assert collector.attempts[0][1]["Authorization"] == "Bearer s3cret"
    assert "answers 302" in caplog.text and "s3cret" not in caplog.text


@pytest.mark.parametrize(
    ("answer", "logged"),
    [
        (b'{"rejected":[{"index":0,"reason":"data[0].value: must be a finite number"}]}', "data[0].value: must be"),
        (b"<html>hello</html>", "is no voice_frame receiver"),
        (b"[]", "is no voice_frame receiver"),
    ],
)
def test_an_answer_that_says_something_is_logged(
    collector: Collector, caplog: pytest.LogCaptureFixture, answer: bytes, logged: str
) -> None:
    collector.answer = answer
    observer = VoiceFramesObserver(collector.url)
    push(observer, measured())
    asyncio.run(observer.cleanup())

    assert len(collector.attempts) == 1
    assert logged in caplog.text


def test_batches_have_at_most_200_frames(collector: Collector) -> None:
    observer = VoiceFramesObserver(collector.url)
    frames = [measured() for _ in range(450)]
    push(observer, *frames)
    asyncio.run(observer.cleanup())

    assert collector.ids() == [("MetricsFrame", frame.id) for frame in frames]
    assert max(len(body.splitlines()) for _, _, body in collector.attempts) == 200
    assert {headers["Content-Type"] for _, headers, _ in collector.attempts} == {"application/x-ndjson"}


def test_a_batch_goes_out_without_an_end(collector: Collector) -> None:
    observer = VoiceFramesObserver(collector.url)
    push(observer, measured())

    until = time.monotonic() + 5
    while not collector.taken and time.monotonic() < until:
        time.sleep(0.01)
    assert len(collector.taken) == 1
    asyncio.run(observer.cleanup())


def test_a_full_queue_drops_the_oldest_and_says_so_once(
    collector: Collector, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice_frames, "QUEUE_FRAMES", 5)
    monkeypatch.setattr(voice_frames, "LINGER_SECONDS", 60.0)
    observer = VoiceFramesObserver(collector.url)
    frames = [measured() for _ in range(9)]
    push(observer, *frames)
    asyncio.run(observer.cleanup())

    assert collector.ids() == [("MetricsFrame", frame.id) for frame in frames[4:]]
    assert caplog.text.count("the oldest are dropped") == 1


@pytest.mark.parametrize("listening", [False, True], ids=["refuses", "never answers"])
def test_a_dead_collector_holds_nothing_up(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, listening: bool
) -> None:
    monkeypatch.setattr(voice_frames, "CLEANUP_SECONDS", 0.2)
    monkeypatch.setattr(voice_frames, "FLUSH_SECONDS", 600.0)
    monkeypatch.setattr(voice_frames, "REQUEST_SECONDS", 0.3)
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        if listening:
            dead.listen()
        observer = VoiceFramesObserver(f"http://127.0.0.1:{dead.getsockname()[1]}/v1/frames")
        call(observer, *(TextFrame("hello") for _ in range(100)), EndFrame())

        assert observer._sender.is_alive(), "the call is over, and the frames are still being tried"
        observer._sender.finish(time.monotonic())
        observer._sender.join(60)

    assert not observer._sender.is_alive()
    assert "are lost" in caplog.text


def test_a_frame_that_cannot_be_written_hurts_nobody(collector: Collector, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        @property
        def name(self) -> str:
            raise RuntimeError(SECRET)

    good = measured()
    observer = VoiceFramesObserver(collector.url)
    push(observer, measured(float("nan")), ErrorFrame(error="x", processor=Broken()), good)  # type: ignore[arg-type]
    asyncio.run(observer.cleanup())

    assert collector.ids() == [("MetricsFrame", good.id)]
    assert "a MetricsFrame is not sent: ValueError" in caplog.text
    assert SECRET not in caplog.text


def test_an_observer_is_for_one_call(collector: Collector, caplog: pytest.LogCaptureFixture) -> None:
    observer = VoiceFramesObserver(collector.url)
    push(observer, measured())
    asyncio.run(observer.cleanup())
    asyncio.run(observer.cleanup())
    push(observer, measured())

    assert len(collector.taken) == 1
    assert "an observer of its own" in caplog.text


def test_a_call_that_never_began_sends_nothing(collector: Collector) -> None:
    observer = VoiceFramesObserver(collector.url)
    asyncio.run(observer.cleanup())

    assert not collector.attempts


def test_the_exit_of_the_process_flushes(collector: Collector) -> None:
    bot = f"""
        import asyncio
        from pipecat.frames.frames import EndFrame, StartFrame
        from pipecat.observers.base_observer import FramePushed
        from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
        from voice_frames import VoiceFramesObserver

        async def main():
            observer, hop = VoiceFramesObserver({collector.url!r}), FrameProcessor()
            for frame in (EndFrame(), StartFrame()):
                await observer.on_push_frame(FramePushed(hop, hop, frame, FrameDirection.DOWNSTREAM, 0))

        asyncio.run(main())
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(bot)], cwd=Path(__file__).parent, check=True, timeout=300)

    assert [frame["type"] for frame in collector.taken] == ["StartFrame", "EndFrame"]


def test_the_url_is_checked_at_once() -> None:
    with pytest.raises(ValueError, match="must start with http"):
        VoiceFramesObserver("localhost:4319/v1/frames")


def test_the_environment_says_what_arguments_do_not(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_FRAMES_URL", collector.url)
    monkeypatch.setenv("VOICE_FRAMES_TOKEN", "s3cret")
    call(VoiceFramesObserver(), EndFrame())
    monkeypatch.setenv("VOICE_FRAMES_URL", "http://127.0.0.1:1")
    call(VoiceFramesObserver(collector.url, token="other"), EndFrame())

    assert {headers["Authorization"] for _, headers, _ in collector.attempts} == {"Bearer s3cret", "Bearer other"}


def test_calls_have_ids_of_their_own() -> None:
    assert VoiceFramesObserver().call_id != VoiceFramesObserver().call_id
