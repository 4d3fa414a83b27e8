"""What the scripts here have in common: one clock, one call, one way to write a file."""

import json
import sys
from importlib import metadata
from pathlib import Path

# Stands wherever an SDK carries what somebody said or what a function was given. Tests assert that it never comes out.
SECRET = "secret words"

CALL = "corpus"
BEGAN = 1764000000.0


class Clock:
    """The scripted time of a call, in Unix seconds."""

    def __init__(self) -> None:
        self.seconds = BEGAN

    def __call__(self) -> float:
        return self.seconds

    def at(self, seconds: float) -> float:
        """Moves to so many seconds after the call began."""
        self.seconds = round(BEGAN + seconds, 6)
        return self.seconds


def write(vendor: str, name: str, messages: list[dict | str]) -> None:
    """Writes one message a line to the vendor's testdata, below the folder that the script was given."""
    folder = Path(sys.argv[1]) / vendor / "testdata"
    folder.mkdir(parents=True, exist_ok=True)
    lines = [m if isinstance(m, str) else json.dumps(m, ensure_ascii=False, separators=(",", ":")) for m in messages]
    (folder / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def manifest(vendor: str, key: str, packages: list[str], files: dict[str, str]) -> None:
    """Notes in the vendor's manifest.json which releases wrote which files, and how."""
    path = Path(sys.argv[1]) / vendor / "testdata" / "manifest.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    known[key] = {"packages": {p: metadata.version(p) for p in packages}, "files": files}
    path.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")
