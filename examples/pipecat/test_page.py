"""Runs the code that README.md shows, as it stands: what it makes of a call arrives where it is to be sent."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def shown() -> dict[str, str]:
    """The Python code of the page, by its heading."""
    sections = (HERE / "README.md").read_text().split("\n## ")
    codes = {section.partition("\n")[0]: re.findall(r"```python\n(.*?)```", section, re.DOTALL) for section in sections}
    return {heading: "".join(code) for heading, code in codes.items() if code}


BEFORE = """
import asyncio
from pipecat.frames.frames import EndFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.workers.runner import WorkerRunner
from test_voice_frames import ScriptedTTSService

pipeline, call_id = Pipeline([ScriptedTTSService()]), "c1"
"""
AFTER = """
async def call():
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await worker.queue_frame(EndFrame())
    await runner.run()

asyncio.run(call())
"""


class Collector(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.taken: list[tuple[str, bytes]] = []


class _Answer(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.taken.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}" if self.path == "/v1/frames" else b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("way", "path"), [("Frames", "/v1/frames"), ("Spans", "/v1/traces"), ("Metrics", "/v1/metrics")]
)
def test_the_page_shows_what_runs(collector: Collector, way: str, path: str) -> None:
    endpoint = f"http://127.0.0.1:{collector.server_port}"
    variables = {"VOICE_FRAMES_URL": endpoint + "/v1/frames", "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    run = [sys.executable, "-W", "ignore", "-c", BEFORE + shown()[way] + AFTER]
    subprocess.run(run, cwd=HERE, env=os.environ | variables, check=True, timeout=300)

    assert {taken for taken, _ in collector.taken} == {path}
    assert b"c1" in b"".join(body for _, body in collector.taken)


def test_every_way_is_shown() -> None:
    assert list(shown()) == ["Frames", "Spans", "Metrics"]
