"""Stands in for the caller and the vendors of bot.py, so that it needs no keys, no microphone and no network.

The services of bot.py are Pipecat's own. They connect to `Vendors`, a server on this machine that speaks as much of the protocols
of Deepgram, OpenAI and Cartesia as they need, and plays a script. Each call is told apart by its key. What a call of the script uses
is known beforehand: `expected`.
"""

import asyncio
import base64
import json
import math
import struct
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from aiohttp import WSMsgType, web
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    OutputAudioRawFrame,
    StartFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams

SAMPLE_RATE = 16_000
CHUNK_SECONDS = 0.1
VAD_SECONDS = 0.2  # how long a voice activity detector listens until it is sure

STT_SECONDS, LLM_SECONDS, TTS_SECONDS = 0.15, 0.12, 0.08  # until the vendor's first word or byte
WORD_SECONDS = 0.005  # between the words of a language model
SPEECH_SECONDS = 0.025  # for each character that is spoken
PAUSE_SECONDS = 0.5  # after the bot's answer


@dataclass(frozen=True)
class Usage:
    """Tokens as OpenAI counts them: cached ones are among the prompt's, reasoning among the completion's."""

    prompt: int
    completion: int
    cached: int = 0
    reasoning: int = 0


@dataclass(frozen=True)
class Turn:
    """What the caller says, and what the bot's models make of it."""

    heard: str
    seconds: float
    answer: tuple[str, ...]
    usage: Usage
    tool: tuple[str, Usage] | None = None  # a function that is called before the answer, and what deciding so used
    cut_off_after: float | None = None  # seconds into the answer


SCRIPT = (
    Turn("Do you have a table tonight?", 1.5, ("Of course.", "For how many people?"), Usage(812, 24)),
    Turn(
        "For four, at eight.",
        1.2,
        ("Done.", "Four people at eight.", "Is there anything else?"),
        Usage(1042, 37, cached=896),
        tool=("book_table", Usage(978, 21, cached=768)),
    ),
    Turn(
        "What can you recommend?",
        1.3,
        ("Our chef is proud of the ravioli, and of the bass that came in this morning from the coast.",),
        Usage(1103, 58, cached=1024, reasoning=16),
        cut_off_after=0.5,
    ),
    Turn("Thank you, that is all.", 1.1, ("See you tonight!",), Usage(1187, 11, cached=1024)),
)


def expected(script: Iterable[Turn] = SCRIPT) -> Mapping[str, float]:
    """What one call of the script uses."""
    turns = tuple(script)
    requests = [turn.usage for turn in turns] + [turn.tool[1] for turn in turns if turn.tool]
    totals = {
        name: sum(asdict(used)[name] for used in requests) for name in ("prompt", "completion", "cached", "reasoning")
    }
    return totals | {
        "requests": len(requests),
        "turns": len(turns),
        "tools": sum(turn.tool is not None for turn in turns),
        "interruptions": sum(turn.cut_off_after is not None for turn in turns),
        "characters": sum(len(sentence) for turn in turns for sentence in turn.answer),
        "audio_seconds": sum(turn.seconds for turn in turns),
    }


class Vendors:
    """A server that answers as Deepgram, OpenAI and Cartesia do: `async with Vendors() as vendors`."""

    def __init__(self, script: tuple[Turn, ...] = SCRIPT) -> None:
        self._script = script
        self._heard: dict[str, int] = {}  # turns, by key
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/v1/listen", self._listen)
        app.router.add_post("/v1/chat/completions", self._think)
        app.router.add_get("/tts/websocket", self._speak)
        self._runner = web.AppRunner(app, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def _listen(self, request: web.Request) -> web.WebSocketResponse:
        """Deepgram: says what it has heard when it is told that the caller has finished."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        key = _key(request.headers["Authorization"])
        async for message in socket:
            told = json.loads(message.data)["type"] if message.type is WSMsgType.TEXT else ""
            if told == "CloseStream":
                break
            if told == "Finalize":
                await asyncio.sleep(STT_SECONDS)
                turn = self._script[self._heard.get(key, 0)]
                self._heard[key] = self._heard.get(key, 0) + 1
                await socket.send_json(_transcript(turn))
        return socket

    async def _think(self, request: web.Request) -> web.StreamResponse:
        """OpenAI: streams the answer to the turn, or first the call of its function."""
        turn = self._script[self._heard[_key(request.headers["Authorization"])] - 1]
        asked = await request.json()
        deltas, usage = _answer(turn)
        if turn.tool and asked["messages"][-1]["role"] == "user":
            deltas, usage = _tool_call(turn.tool)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await asyncio.sleep(LLM_SECONDS)
        for event in _completion(asked["model"], deltas, usage):
            await response.write(b"data: " + event + b"\n\n")
            await asyncio.sleep(WORD_SECONDS)
        return response

    async def _speak(self, request: web.Request) -> web.WebSocketResponse:
        """Cartesia: speaks sentence by sentence; the first takes a while, and the last is followed by the end."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        begun: set[str] = set()
        async for message in socket:
            asked = json.loads(message.data)
            context, text = asked["context_id"], asked.get("transcript", "")
            if text:
                await asyncio.sleep(0 if context in begun else TTS_SECONDS)
                begun.add(context)
                for answer in _speech(text, asked["output_format"]["sample_rate"]):
                    await socket.send_json({"context_id": context, **answer})
            elif not asked.get("cancel") and not asked["continue"]:
                await socket.send_json({"type": "done", "done": True, "status_code": 200, "context_id": context})
        return socket


def _key(authorization: str) -> str:
    return authorization.split()[-1]


def _transcript(turn: Turn) -> dict[str, Any]:
    heard = {"transcript": turn.heard, "confidence": 0.99, "words": []}
    model = {
        "request_id": "scripted",
        "model_uuid": "",
        "model_info": {"name": "nova-3", "version": "", "arch": "nova-3"},
    }
    return {
        "type": "Results", "channel_index": [0, 1], "start": 0.0, "duration": turn.seconds, "channel": {"alternatives": [heard]},
        "metadata": model, "is_final": True, "speech_final": True, "from_finalize": True,
    }  # fmt: skip


def _answer(turn: Turn) -> tuple[list[dict[str, Any]], Usage]:
    words = " ".join(turn.answer).split(" ")
    return [
        {"role": "assistant", "content": word if first else " " + word} for first, word in _firsts(words)
    ], turn.usage


def _firsts(words: list[str]) -> Iterable[tuple[bool, str]]:
    return ((place == 0, word) for place, word in enumerate(words))


def _tool_call(tool: tuple[str, Usage]) -> tuple[list[dict[str, Any]], Usage]:
    name, usage = tool
    call = {"index": 0, "id": "call_scripted", "type": "function", "function": {"name": name, "arguments": "{}"}}
    return [{"role": "assistant", "tool_calls": [call]}], usage


def _completion(model: str, deltas: list[dict[str, Any]], usage: Usage) -> Iterable[bytes]:
    """The chunks of a completion. OpenAI answers with the dated name of the model, and with the usage at the end."""
    head = {"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 0, "model": f"{model}-2024-08-06"}
    for delta in deltas:
        yield json.dumps({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}).encode()
    used = {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning, "audio_tokens": 0},
    }
    yield json.dumps({**head, "choices": [], "usage": used}).encode()
    yield b"[DONE]"


def _speech(text: str, sample_rate: int) -> Iterable[dict[str, Any]]:
    seconds = SPEECH_SECONDS * len(text)
    words = text.split()
    starts = [place * seconds / len(words) for place in range(len(words))]
    yield {
        "type": "chunk",
        "data": base64.b64encode(_tone(seconds, sample_rate)).decode(),
        "done": False,
        "status_code": 206,
    }
    yield {"type": "timestamps", "word_timestamps": {"words": words, "start": starts, "end": starts[1:] + [seconds]}}


def _tone(seconds: float, sample_rate: int) -> bytes:
    wave = struct.pack("<60h", *(int(8000 * math.sin(2 * math.pi * place / 60)) for place in range(60)))
    return wave * (int(seconds * sample_rate) // 60)


class Caller(FrameProcessor):
    """The first processor of a pipeline: speaks its part of the script, listens until the bot has finished, and hangs up."""

    def __init__(self, script: tuple[Turn, ...] = SCRIPT) -> None:
        super().__init__()
        self._script = script
        self._speaks, self._stopped = asyncio.Event(), asyncio.Event()
        self._talk: asyncio.Task[None] | None = None
        self.hung_up = asyncio.Event()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)
        match frame:
            case StartFrame():
                self._talk = self.create_task(self._call())
            case BotStartedSpeakingFrame():
                self._speaks.set()
            case BotStoppedSpeakingFrame():
                self._stopped.set()
            case EndFrame() | CancelFrame() if self._talk:
                await self.cancel_task(self._talk)

    async def _call(self) -> None:
        for turn in self._script:
            self._speaks.clear()
            await self._say(turn.seconds)
            await self._speaks.wait()
            self._stopped.clear()
            if turn.cut_off_after is None:
                await self._stopped.wait()
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                await asyncio.sleep(turn.cut_off_after)
        self.hung_up.set()
        await asyncio.Event().wait()  # the pipeline ends it

    async def _say(self, seconds: float) -> None:
        """Pushes speech, and before and after it what a voice activity detector would."""
        await self.push_frame(VADUserStartedSpeakingFrame(start_secs=VAD_SECONDS, timestamp=time.time()))
        chunk = bytes(2 * int(SAMPLE_RATE * CHUNK_SECONDS))
        for _ in range(round(seconds / CHUNK_SECONDS)):
            await self.push_frame(InputAudioRawFrame(audio=chunk, sample_rate=SAMPLE_RATE, num_channels=1))
            await asyncio.sleep(CHUNK_SECONDS)
        await asyncio.sleep(VAD_SECONDS)
        await self.push_frame(VADUserStoppedSpeakingFrame(stop_secs=VAD_SECONDS, timestamp=time.time()))


class Earpiece(BaseOutputTransport):
    """The last processor but one: takes as long as the speech, and plays it to nobody."""

    def __init__(self) -> None:
        super().__init__(
            TransportParams(audio_out_enabled=True, audio_out_10ms_chunks=10, audio_out_end_silence_secs=0)
        )

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        await asyncio.sleep(frame.num_frames / frame.sample_rate)
        return True
