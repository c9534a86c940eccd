"""`make bench`, with few bookings and a small crowd."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SMALL = ["--sizes=400,800", "--rounds=1", "--people=2", "--clients=12"]


@pytest.mark.timeout(300)
def test_everything_is_asked_and_the_figures_are_kept(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", *SMALL, f"--results={tmp_path}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    figures: dict[str, Any] = json.loads((tmp_path / "growth.json").read_text())
    assert all(name in done.stdout for name in figures), done.stderr
    assert all(each["400"]["pages"] and not each["800"]["scanned"] for each in figures.values())
    assert "using ix_booking_of_coach" in (tmp_path / "plans-800.txt").read_text()
    crowd = json.loads((tmp_path / "crowd.json").read_text())
    assert crowd["on one slot"]["won"] == [1, 1, 1]
    assert crowd["on two coaches crosswise"]["won"] == [2, 2, 2]
    assert all(set(scene["statuses"]) == {"201", "409"} for scene in crowd.values())
