"""Results, as files."""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def keep(folder: Path, name: str, found: Any) -> None:
    """Write a text as it is, and anything else as JSON."""
    folder.mkdir(exist_ok=True)
    text = found if isinstance(found, str) else json.dumps(found, indent=2)
    (folder / name).write_text(f"{text}\n")
