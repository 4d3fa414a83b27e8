"""Tells otelcol-voice what a LiveKit agent measures. Copy this file next to the agent:

    forward(session, call_id=ctx.room.name)

Only numbers, times, and names of models, functions and errors leave the agent: no text, audio or arguments.
"""

import atexit
import http.client
import json
import logging
import math
import os
import random
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import deque
from typing import Any, Literal

from livekit.agents import AgentSession
from pydantic import BaseModel

URL = "http://localhost:4319/v1/frames"
QUEUE_EVENTS = 10_000  # beyond it the oldest are dropped
BATCH_EVENTS = 200
LINGER_SECONDS = 1.0  # how long an event waits for others to fill its batch
REQUEST_SECONDS = 5.0
BACKOFF_SECONDS = (0.25, 5.0)  # between attempts: the first, doubled up to the last
FLUSH_SECONDS = 10.0  # how long the last events are tried, after the call or at the exit of the process

_Event = Literal[
    "agent_state_changed",
    "metrics_collected",
    "conversation_item_added",
    "function_tools_executed",
    "error",
    "close",
]
_EACH = "__all__"

# What of each event is sent; what is not listed here stays in the agent.
_FIELDS: dict[_Event, dict[str, Any]] = {
    "agent_state_changed": {"created_at": True},
    "metrics_collected": {"type": True, "metrics": True, "created_at": True},
    "conversation_item_added": {
        "type": True,
        "created_at": True,
        "item": {"id", "type", "role", "interrupted", "metrics", "created_at"},
    },
    "function_tools_executed": {
        "type": True,
        "created_at": True,
        "function_calls": {_EACH: {"id", "type", "call_id", "name", "created_at"}},
        "function_call_outputs": {_EACH: {"id", "type", "call_id", "name", "is_error", "created_at"}},
    },
    "error": {
        "type": True,
        "created_at": True,
        "error": {"type", "timestamp", "label", "recoverable"},
        "source": {"model", "provider"},
    },
    "close": {"reason": True, "created_at": True},
}

# Sent as messages of otelcol-voice's own, which are clear where LiveKit's are not: no event says that a session has begun, but its
# state changes then for the first time; and the report that may follow a close, with all that was used, is not sent here.
_OWN: dict[_Event, str] = {"agent_state_changed": "voice.call_started", "close": "voice.call_ended"}
_BUSY = (429, 502, 503, 504)

log = logging.getLogger(__name__)


def forward(
    session: AgentSession[Any],
    call_id: str | None = None,
    url: str | None = None,
    token: str | None = None,
) -> threading.Thread:
    """Sends a session's events until it closes, from a thread of its own. It never raises into the session, and the session
    never waits for it.

    Args:
        session: Before it is started.
        call_id: What this call is called at the collector, e.g. the room's name; a new UUID when there is none.
        url: Where the collector's voice_frame receiver listens; without it, what the variable VOICE_FRAMES_URL says, or URL.
        token: Sent as `Authorization: Bearer`, for a receiver with an authenticator; without it, what VOICE_FRAMES_TOKEN says.

    Returns:
        The thread, which ends when the last event is sent. There is no need to join it: the exit of the process waits.
    """
    sender = _Sender(url or os.environ.get("VOICE_FRAMES_URL") or URL, token or os.environ.get("VOICE_FRAMES_TOKEN"))
    call = call_id or str(uuid.uuid4())

    def send(kind: _Event) -> Any:
        def handle(event: BaseModel) -> None:
            try:
                sender.put(json.dumps({**_message(event, kind), "call_id": call}).encode())
            except Exception as error:  # noqa: BLE001 - nothing may reach the session; and its message may quote content
                log.warning("voice events: a %s is not sent: %s", kind, type(error).__name__)
            if kind == "close":
                sender.finish(time.monotonic() + FLUSH_SECONDS)

        return handle

    for kind in _FIELDS:
        (session.once if kind == "agent_state_changed" else session.on)(kind, send(kind))
    return sender


def _message(event: BaseModel, kind: _Event) -> dict[str, Any]:
    fields = event.model_dump(mode="json", include=_FIELDS[kind], exclude_none=True)
    if kind in _OWN:
        return {"type": _OWN[kind], "timestamp": fields.pop("created_at")} | fields
    return fields


class _Sender(threading.Thread):
    """Sends messages in batches, in order, each batch until it is answered."""

    def __init__(self, url: str, token: str | None) -> None:
        super().__init__(name="voice-events", daemon=True)
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"url: {url!r} must start with http:// or https://")
        self._url = url
        self._headers = {"Content-Type": "application/x-ndjson"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._queue: deque[bytes] = deque(maxlen=QUEUE_EVENTS)
        self._changed = threading.Condition()
        self._deadline = math.inf  # on the monotonic clock; finite once nothing more is to come

    def put(self, message: bytes) -> None:
        with self._changed:
            full = len(self._queue) == self._queue.maxlen
            self._queue.append(message)
            self._changed.notify()
        if full:
            log.warning("voice events: %d wait for %s, the oldest is dropped", QUEUE_EVENTS, self._url)
        if self.ident is None:
            self.start()

    def finish(self, deadline: float) -> None:
        """Ends the thread when everything is sent, or at the deadline."""
        with self._changed:
            self._deadline = min(self._deadline, deadline)
            self._changed.notify()

    def run(self) -> None:
        while batch := self._next_batch():
            if not self._deliver(b"\n".join(batch)):
                log.warning("voice events: %d are lost, %s did not take them", len(batch) + len(self._queue), self._url)
                return

    def _next_batch(self) -> list[bytes]:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._deadline < math.inf)
            self._changed.wait_for(
                lambda: len(self._queue) >= BATCH_EVENTS or self._deadline < math.inf, timeout=LINGER_SECONDS
            )
            return [self._queue.popleft() for _ in range(min(BATCH_EVENTS, len(self._queue)))]

    def _deliver(self, body: bytes) -> bool:
        """Tries until the server has answered; false when the deadline comes first. A repetition is the same bytes."""
        backoff, longest = BACKOFF_SECONDS
        while time.monotonic() < self._deadline:
            if self._post(body):
                return True
            time.sleep(max(0.0, min(backoff * random.uniform(0.5, 1.0), self._deadline - time.monotonic())))
            backoff = min(2 * backoff, longest)
        return False

    def _post(self, body: bytes) -> bool:
        """Sends it once; true when that settled it."""
        try:
            request = urllib.request.Request(self._url, body, self._headers)
            with _opener.open(request, timeout=REQUEST_SECONDS) as response:
                rejected = json.load(response).get("rejected")
            if rejected:
                log.warning("voice events: %d rejected, the first: %s", len(rejected), rejected[0].get("reason"))
        except urllib.error.HTTPError as refusal:
            with refusal:
                if refusal.code in _BUSY:
                    return False
                log.warning("voice events: %s answers %d, a batch is lost", self._url, refusal.code)
        except (OSError, http.client.HTTPException):
            return False
        except (ValueError, AttributeError):
            log.warning("voice events: %s is no voice_frame receiver, a batch is lost", self._url)
        return True


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would be followed with the token and without the events."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


@atexit.register
def _flush() -> None:
    """Gives all that is still to be sent one time limit together."""
    deadline = time.monotonic() + FLUSH_SECONDS
    senders = [thread for thread in threading.enumerate() if isinstance(thread, _Sender)]
    for sender in senders:
        sender.finish(deadline)
    for sender in senders:
        sender.join(max(0.0, deadline - time.monotonic()))
