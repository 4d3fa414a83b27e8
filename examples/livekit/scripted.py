"""Stands in for the caller and the vendors of agent.py, so that it needs no keys, no room and no network.

The models are LiveKit's own base classes, which measure; what they would ask a vendor for comes from a script. What a call of
the script uses is known beforehand: `expected`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from livekit import rtc
from livekit.agents import APIConnectOptions, llm, stt, tts
from livekit.agents.language import LanguageCode
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr
from livekit.agents.utils import AudioBuffer
from livekit.agents.voice import io

SAMPLE_RATE = 16_000
CHUNK_SECONDS = 0.1

STT_SECONDS, LLM_SECONDS, TTS_SECONDS = 0.15, 0.12, 0.08  # until the vendor's first word or byte
SPEECH_SECONDS = 0.02  # for each character that is spoken
PAUSE_SECONDS = 0.3  # after the agent's answer


@dataclass(frozen=True)
class Usage:
    """Tokens as LiveKit counts them: cached ones are among the prompt's."""

    prompt: int
    completion: int
    cached: int = 0


@dataclass(frozen=True)
class Turn:
    """What the caller says, and what the agent's models make of it."""

    heard: str
    seconds: float
    answer: str
    usage: Usage


SCRIPT = (
    Turn("Where is my parcel?", 1.5, "It left the depot this morning.", Usage(812, 24)),
    Turn("When will it be here?", 1.2, "Between two and four this afternoon.", Usage(1042, 37, cached=896)),
    Turn("Thank you.", 0.8, "You are welcome!", Usage(1187, 11, cached=1024)),
)


def expected() -> Mapping[str, float]:
    """What one call of the script uses."""
    totals: dict[str, float] = {
        name: sum(asdict(turn.usage)[name] for turn in SCRIPT) for name in ("prompt", "completion", "cached")
    }
    return totals | {
        "turns": len(SCRIPT),
        "characters": sum(len(turn.answer) for turn in SCRIPT),
        "audio_seconds": sum(turn.seconds for turn in SCRIPT),
    }


class Call:
    """One call of the script: how far it is, and what the caller hears."""

    def __init__(self) -> None:
        self.turn = -1
        self.heard = asyncio.Event()  # the agent's answer, to its end

    @property
    def now(self) -> Turn:
        return SCRIPT[self.turn]


class Ear(stt.STT[Any]):
    """Transcribes as Deepgram does: when the caller has finished, it knows what was said."""

    def __init__(self, call: Call) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=False))
        self.call = call

    model = property(lambda self: "nova-3")
    provider = property(lambda self: "Deepgram")

    async def _recognize_impl(
        self, buffer: AudioBuffer, *, language: NotGivenOr[str] = NOT_GIVEN, conn_options: APIConnectOptions
    ) -> stt.SpeechEvent:
        raise NotImplementedError

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.RecognizeStream:
        return _Hearing(self, conn_options)


class _Hearing(stt.RecognizeStream):
    def __init__(self, ear: Ear, conn_options: APIConnectOptions) -> None:
        super().__init__(stt=ear, conn_options=conn_options)
        self._call = ear.call

    async def _run(self) -> None:
        heard, turn, understood = 0.0, -1, False
        async for chunk in self._input_ch:
            if isinstance(chunk, self._FlushSentinel) or self._call.turn < 0:
                continue
            if turn != self._call.turn:
                heard, turn, understood = 0.0, self._call.turn, False
                self._event_ch.send_nowait(stt.SpeechEvent(type=stt.SpeechEventType.START_OF_SPEECH))
            heard += chunk.duration
            if heard > self._call.now.seconds - CHUNK_SECONDS / 2 and not understood:
                understood = True  # at its close, the session sends silence
                await asyncio.sleep(STT_SECONDS)
                for event in self._transcript(heard):
                    self._event_ch.send_nowait(event)

    def _transcript(self, seconds: float) -> list[stt.SpeechEvent]:
        said = stt.SpeechData(language=LanguageCode("en"), text=self._call.now.heard, confidence=0.99)
        usage = stt.RecognitionUsage(audio_duration=seconds)
        return [
            stt.SpeechEvent(type=stt.SpeechEventType.FINAL_TRANSCRIPT, request_id="stt", alternatives=[said]),
            stt.SpeechEvent(type=stt.SpeechEventType.RECOGNITION_USAGE, request_id="stt", recognition_usage=usage),
            stt.SpeechEvent(type=stt.SpeechEventType.END_OF_SPEECH, speech_end_time=time.time() - STT_SECONDS),
        ]


class Mind(llm.LLM[Any]):
    """Answers as OpenAI does: word by word, and with the usage at the end."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self.call = call

    model = property(lambda self: "gpt-4o")
    provider = property(lambda self: "api.openai.com")

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **_: Any,
    ) -> llm.LLMStream:
        return _Thinking(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class _Thinking(llm.LLMStream):
    async def _run(self) -> None:
        assert isinstance(self._llm, Mind)
        turn = self._llm.call.now
        request = f"chatcmpl-{self._llm.call.turn}"
        await asyncio.sleep(LLM_SECONDS)
        for place, word in enumerate(turn.answer.split(" ")):
            delta = llm.ChoiceDelta(role="assistant", content=word if place == 0 else " " + word)
            self._event_ch.send_nowait(llm.ChatChunk(id=request, delta=delta))
            await asyncio.sleep(0.005)
        usage = llm.CompletionUsage(
            prompt_tokens=turn.usage.prompt,
            completion_tokens=turn.usage.completion,
            prompt_cached_tokens=turn.usage.cached,
            total_tokens=turn.usage.prompt + turn.usage.completion,
        )
        self._event_ch.send_nowait(llm.ChatChunk(id=request, usage=usage))


class Mouth(tts.TTS[Any]):
    """Speaks as Cartesia does."""

    def __init__(self) -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=False), sample_rate=SAMPLE_RATE, num_channels=1)

    model = property(lambda self: "sonic-3.5")
    provider = property(lambda self: "Cartesia")

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return _Speaking(tts=self, input_text=text, conn_options=conn_options)


class _Speaking(tts.ChunkedStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        await asyncio.sleep(TTS_SECONDS)
        output_emitter.initialize(request_id="tts", sample_rate=SAMPLE_RATE, num_channels=1, mime_type="audio/pcm")
        output_emitter.push(bytes(2 * int(SPEECH_SECONDS * len(self._input_text) * SAMPLE_RATE)))


class Caller(io.AudioInput):
    """Speaks its part of the script, each turn when the answer to the one before is over."""

    def __init__(self, call: Call) -> None:
        super().__init__(label="Caller")
        self._call = call
        self._speech = self._talk()
        self.hung_up = asyncio.Event()

    async def __anext__(self) -> rtc.AudioFrame:
        return await anext(self._speech)

    async def _talk(self) -> AsyncIterator[rtc.AudioFrame]:
        samples = int(SAMPLE_RATE * CHUNK_SECONDS)
        for place, turn in enumerate(SCRIPT):
            self._call.turn = place
            self._call.heard.clear()
            for _ in range(round(turn.seconds / CHUNK_SECONDS)):
                yield rtc.AudioFrame(bytes(2 * samples), SAMPLE_RATE, 1, samples)
                await asyncio.sleep(CHUNK_SECONDS)
            await self._call.heard.wait()
            await asyncio.sleep(PAUSE_SECONDS)
        self.hung_up.set()
        await asyncio.Event().wait()


class Earpiece(io.AudioOutput):
    """Takes as long as the speech, and plays it to nobody."""

    def __init__(self, call: Call) -> None:
        super().__init__(
            label="Earpiece", capabilities=io.AudioOutputCapabilities(pause=False), sample_rate=SAMPLE_RATE
        )
        self._call = call
        self._seconds = 0.0
        self._playing: asyncio.Task[None] | None = None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if not self._seconds:
            self.on_playback_started(created_at=time.time())
        self._seconds += frame.duration

    def flush(self) -> None:
        super().flush()
        if self._seconds:
            self._playing = asyncio.create_task(self._play(self._seconds))
            self._seconds = 0.0

    async def _play(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.on_playback_finished(playback_position=seconds, interrupted=False)
        self._call.heard.set()

    def clear_buffer(self) -> None:
        """Nobody cuts the agent off in this script."""
