"""Tells otelcol-voice what a Pipecat bot measures. Copy this file next to the bot:

    observer = VoiceFramesObserver(llm_model="gpt-4o")
    PipelineWorker(pipeline, params=PipelineParams(enable_metrics=True, enable_usage_metrics=True), observers=[observer])

Only numbers, times, and names of models and processors leave the bot: no text, audio, arguments or error messages.
"""

import asyncio
import atexit
import http.client
import json
import logging
import math
import os
import random
import re
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import deque
from typing import Any

from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    CancelFrame,
    EndFrame,
    ErrorFrame,
    Frame,
    FunctionCallCancelFrame,
    FunctionCallResultFrame,
    InterruptionFrame,
    MetricsFrame,
    StartFrame,
    StopFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.metrics.metrics import MetricsData
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.processors.frame_processor import FrameDirection

URL = "http://localhost:4319/v1/frames"
QUEUE_FRAMES = 10_000  # beyond it the oldest are dropped
BATCH_FRAMES = 200
LINGER_SECONDS = 1.0  # how long a frame waits for others to fill its batch
REQUEST_SECONDS = 5.0
BACKOFF_SECONDS = (0.25, 5.0)  # between attempts: the first, doubled up to the last
RETRY_AFTER_SECONDS = 60.0  # the longest wait that a server may ask for
CLEANUP_SECONDS = 2.0  # what the end of a call waits for the last frames ...
FLUSH_SECONDS = 10.0  # ... and how long they are tried in the background, and at the exit of the process

_ENDS = (EndFrame, StopFrame, CancelFrame)
_VAD = (VADUserStartedSpeakingFrame, VADUserStoppedSpeakingFrame)
_SPEECH = (UserStartedSpeakingFrame, UserStoppedSpeakingFrame, BotStartedSpeakingFrame, BotStoppedSpeakingFrame)
_TOOLS = (FunctionCallResultFrame, FunctionCallCancelFrame)
_FORWARDED: tuple[type[Frame], ...] = (
    StartFrame, MetricsFrame, ErrorFrame, InterruptionFrame, *_VAD, *_SPEECH, *_TOOLS, *_ENDS,
)  # fmt: skip
_BUSY = (429, 502, 503, 504)
_WORD = re.compile(r"[\w.:/-]{1,64}")

log = logging.getLogger(__name__)


class VoiceFramesObserver(BaseObserver):
    """Forwards one call: give each pipeline its own. It never raises into the pipeline and never waits for the network.

    Args:
        url: Where the collector's voice_frame receiver listens; without it, what the variable VOICE_FRAMES_URL says, or URL.
        call_id: What this call is called there, e.g. the telephony provider's id; a new UUID when there is none.
        llm_model: The model of metrics that name none. stt_model and tts_model likewise.
        token: Sent as `Authorization: Bearer`, for a receiver with an authenticator; without it, what VOICE_FRAMES_TOKEN says.
    """

    def __init__(
        self,
        url: str | None = None,
        call_id: str | None = None,
        llm_model: str | None = None,
        stt_model: str | None = None,
        tts_model: str | None = None,
        token: str | None = None,
    ) -> None:
        super().__init__()
        self.call_id = call_id or str(uuid.uuid4())
        models = {"llm_model": llm_model, "stt_model": stt_model, "tts_model": tts_model}
        self._models = {key: model for key, model in models.items() if model}
        self._seen: dict[int, None] = {}
        url = url or os.environ.get("VOICE_FRAMES_URL") or URL
        self._sender = _Sender(url, token or os.environ.get("VOICE_FRAMES_TOKEN"))

    async def on_push_frame(self, data: FramePushed) -> None:
        if not isinstance(data.frame, _FORWARDED):
            return
        try:
            self._forward(data.frame, data.direction)
        except Exception as error:  # noqa: BLE001 - nothing may reach the pipeline; and its message may quote content
            log.warning("voice frames: a %s is not sent: %s", type(data.frame).__name__, type(error).__name__)

    async def cleanup(self) -> None:
        await super().cleanup()  # type: ignore[no-untyped-call,unused-ignore]
        self._sender.finish(time.monotonic() + FLUSH_SECONDS)
        if self._sender.is_alive():
            await asyncio.to_thread(self._sender.join, CLEANUP_SECONDS)

    def _forward(self, frame: Frame, direction: FrameDirection) -> None:
        """Takes a frame once, though it is seen at every hop, and of a broadcast pair the one that goes downstream."""
        if frame.broadcast_sibling_id is not None and direction is FrameDirection.UPSTREAM:
            return
        if isinstance(frame, _ENDS):
            # It enters the pipeline while the goodbye is still being spoken and measured. The call ends when it has
            # left the last processor, so it is kept, with the time of its last hop, until the pipeline is cleaned up.
            self._sender.put_last(frame.id, self._message(frame))
        elif frame.id not in self._seen:
            self._seen[frame.id] = None
            if len(self._seen) > QUEUE_FRAMES:
                del self._seen[next(iter(self._seen))]
            self._sender.put(self._message(frame))

    def _message(self, frame: Frame) -> bytes:
        kind = next(kind for kind in _FORWARDED if isinstance(frame, kind))
        at = frame.timestamp if isinstance(frame, _VAD) else time.time()
        head = {"type": kind.__name__, "id": frame.id, "call_id": self.call_id, "timestamp": at}
        return json.dumps(head | self._fields(frame), allow_nan=False).encode()

    def _fields(self, frame: Frame) -> dict[str, Any]:
        match frame:
            case StartFrame():
                return self._models
            case MetricsFrame():
                # A bot's own classes of metrics may hold anything, so only Pipecat's are sent.
                own = [d for d in frame.data if type(d).__module__ == MetricsData.__module__]
                return {"data": [d.model_dump(exclude_none=True) | {"type": type(d).__name__} for d in own]}
            case ErrorFrame():
                category, processor = getattr(frame, "category", None), frame.processor
                return ({"category": category.value} if category else {}) | (
                    {"processor": processor.name} if processor else {}
                )
            case VADUserStartedSpeakingFrame():
                return {"start_secs": frame.start_secs}
            case VADUserStoppedSpeakingFrame():
                return {"stop_secs": frame.stop_secs}
            case FunctionCallResultFrame():
                # What it was given, what it answered and what went wrong stay here.
                final = frame.properties is None or getattr(frame.properties, "is_final", True)
                failed = getattr(frame, "error", None) is not None
                return {"function_name": frame.function_name, "properties": {"is_final": final}} | (
                    {"error": True} if failed else {}
                )
            case FunctionCallCancelFrame():
                return {"function_name": frame.function_name, "run_llm": getattr(frame, "run_llm", False)}
            case EndFrame() | CancelFrame() if isinstance(frame.reason, str) and frame.reason:
                # Language models write sentences here.
                return {"reason": frame.reason if _WORD.fullmatch(frame.reason) else "other"}
        return {}


class _Sender(threading.Thread):
    """Sends messages in batches, in order, each batch until it is answered. Nobody waits for it unless they join it."""

    def __init__(self, url: str, token: str | None) -> None:
        super().__init__(name="voice-frames", daemon=True)
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"url: {url!r} must start with http:// or https://")
        self._url = url
        self._headers = {"Content-Type": "application/x-ndjson"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._queue: deque[bytes] = deque(maxlen=QUEUE_FRAMES)
        self._last: dict[int, bytes] = {}
        self._changed = threading.Condition()
        self._deadline = math.inf  # on the monotonic clock; finite once nothing more is to come
        self._dropping = False

    def put(self, message: bytes) -> None:
        if self._deadline < math.inf:
            log.warning("voice frames: one came after its call was over: give each pipeline an observer of its own")
            return
        with self._changed:
            full = len(self._queue) == self._queue.maxlen
            first_drop = full and not self._dropping
            self._dropping |= full
            self._queue.append(message)
            self._changed.notify()
        if first_drop:
            log.warning("voice frames: %d wait for %s, the oldest are dropped", QUEUE_FRAMES, self._url)
        if self.ident is None:
            self.start()

    def put_last(self, key: int, message: bytes) -> None:
        """Keeps a message to be sent after all others; a later one with the same key replaces it."""
        with self._changed:
            self._last[key] = message

    def finish(self, deadline: float) -> None:
        """Ends the thread when everything is sent, or at the deadline."""
        with self._changed:
            self._queue.extend(self._last.values())
            self._last.clear()
            self._deadline = min(self._deadline, deadline)
            self._changed.notify()

    def run(self) -> None:
        while batch := self._next_batch():
            if not self._deliver(b"\n".join(batch)):
                log.warning("voice frames: %d are lost, %s did not take them", len(batch) + len(self._queue), self._url)
                return

    def _next_batch(self) -> list[bytes]:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._deadline < math.inf)
            self._changed.wait_for(
                lambda: len(self._queue) >= BATCH_FRAMES or self._deadline < math.inf, timeout=LINGER_SECONDS
            )
            return [self._queue.popleft() for _ in range(min(BATCH_FRAMES, len(self._queue)))]

    def _deliver(self, body: bytes) -> bool:
        """Tries until the server has answered; false when the deadline comes first. A repetition is the same bytes."""
        backoff, longest = BACKOFF_SECONDS
        while time.monotonic() < self._deadline:
            wait = self._post(body)
            if wait is None:
                self._dropping = False
                return True
            wait = max(wait, backoff * random.uniform(0.5, 1.0))
            backoff = min(2 * backoff, longest)
            time.sleep(max(0.0, min(wait, self._deadline - time.monotonic())))
        return False

    def _post(self, body: bytes) -> float | None:
        """Sends it once; None when that settled it, else the least seconds to wait before the next attempt."""
        try:
            request = urllib.request.Request(self._url, body, self._headers)
            with _opener.open(request, timeout=REQUEST_SECONDS) as response:
                rejected = json.load(response).get("rejected")
            if rejected:
                log.warning("voice frames: %d rejected, the first: %s", len(rejected), rejected[0].get("reason"))
        except urllib.error.HTTPError as refusal:
            with refusal:
                if refusal.code in _BUSY:
                    return _seconds(refusal.headers.get("Retry-After"))
                log.warning("voice frames: %s answers %d, a batch is lost", self._url, refusal.code)
        except (OSError, http.client.HTTPException):
            return 0.0
        except (ValueError, AttributeError):
            log.warning("voice frames: %s is no voice_frame receiver, a batch is lost", self._url)
        return None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would be followed with the token and without the frames."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def _seconds(retry_after: str | None) -> float:
    return min(float(retry_after), RETRY_AFTER_SECONDS) if retry_after and retry_after.isdecimal() else 0.0


@atexit.register
def _flush() -> None:
    """Gives calls that were not cleaned up, or whose last frames are still being tried, one time limit together."""
    deadline = time.monotonic() + FLUSH_SECONDS
    senders = [thread for thread in threading.enumerate() if isinstance(thread, _Sender)]
    for sender in senders:
        sender.finish(deadline)
    for sender in senders:
        sender.join(max(0.0, deadline - time.monotonic()))
