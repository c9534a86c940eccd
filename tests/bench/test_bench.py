"""`make bench`, with few bookings and a small crowd."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LONG = pytest.mark.skipif(
    "BENCH" not in os.environ,
    reason="starts whole systems: set BENCH=1 when you change the bench",
)
SMALL = ["--sizes=500,900", "--rounds=1", "--people=2", "--clients=12", "--payments=2", "--seconds=1"]
SMALL += ["--requests=20", "--workers", "ours", "--peers", "--events=24"]


def bench(what: str, results: Path, *options: str) -> str:
    """What it prints; it may miss its aims, on a machine that does other things too."""
    command = [sys.executable, "-m", "bench", what, *SMALL, f"--results={results}", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "This machine's load average" in done.stdout, done.stderr
    return done.stdout


def kept(results: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((results / name).read_text())
    return found


def test_every_question_is_asked_at_each_size(tmp_path: Path) -> None:
    told = bench("growth", tmp_path)

    figures = kept(tmp_path, "growth.json")
    assert all(name in told for name in figures)
    assert all(each["500"]["pages"] or not each["500"]["things"] for each in figures.values())
    assert [name for name, each in figures.items() if each["900"]["scanned"]] == []
    assert "using ix_booking_of_coach" in (tmp_path / "plans-900.txt").read_text()
    assert {f"growth: {name}" for name in figures} == kept(tmp_path, "latest.json").keys()


def test_every_sweep_drains_its_rows(tmp_path: Path) -> None:
    told = bench("sweeps", tmp_path)

    assert "reads of Stripe for a payment" in told
    rates = kept(tmp_path, "latest.json")
    assert {"sweeps: past sessions", "sweeps: payments at Stripe"} <= rates.keys()
    assert all(each["rounds"][0] > 0 for each in rates.values())


def test_a_crowd_gets_what_is_right(tmp_path: Path) -> None:
    bench("crowd", tmp_path)

    crowd = kept(tmp_path, "crowd.json")
    assert crowd["12 on one slot"]["won"] == [1, 1, 1]
    assert crowd["12 on two coaches crosswise"]["won"] == [2, 2, 2]
    assert all(set(scene["statuses"]) == {"201", "409"} for scene in crowd.values())
    assert (tmp_path / "latest.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_every_delivery_is_taken(tmp_path: Path) -> None:
    told = bench("webhook", tmp_path)

    assert "were not taken" not in told
    assert all(each["rounds"][0] > 0 for each in kept(tmp_path, "latest.json").values())


def test_an_event_is_held_against_its_own_statements(tmp_path: Path) -> None:
    told = bench("event", tmp_path)

    assert "wrote other rows" not in told
    assert "were confirmed" not in told
    assert "were sent" not in told
    found = kept(tmp_path, "latest.json")
    assert found["event: events a second"]["limit"]["name"] == "the same statements through psycopg"
    assert found["event: statements of an event"]["rounds"][0] > 5
    assert all(each["rounds"][0] > 0 for each in found.values())


@LONG
def test_a_burst_is_confirmed_and_mailed(tmp_path: Path) -> None:
    told = bench("burst", tmp_path, "--peers", "inline")

    assert "not taken" not in told
    assert "not all was" not in told
    assert "sent twice" not in told
    found = kept(tmp_path, "latest.json")["burst: confirmed and mailed a second"]
    assert found["rounds"][0] > 0
    assert found["limit"]["name"] == "the inline application"


@LONG
@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_dj_stripe_takes_deliveries_beside_ours(tmp_path: Path) -> None:
    told = bench("webhook", tmp_path, "--peers", "djstripe")

    assert "did not take" not in told
    found = kept(tmp_path, "latest.json")["webhook: deliveries a second over dj-stripe"]
    assert found["limit"]["rounds"][0] > 0


@LONG
def test_every_payment_is_confirmed_and_told_to_both(tmp_path: Path) -> None:
    told = bench("journey", tmp_path)

    assert "not confirmed and mailed" not in told
    stages = kept(tmp_path, "journey.json")["idle"]
    assert stages.keys() == {"delivered", "taken", "confirmed", "claimed", "mailed"}
    assert all(milliseconds > 0 for milliseconds in stages.values())


@LONG
def test_people_sign_in_while_others_do_something_else(tmp_path: Path) -> None:
    bench("logins", tmp_path)

    found = kept(tmp_path, "latest.json")
    assert found["logins: POST /booking, p99"]["limit"]["name"] == "without logins"
    assert found["logins: let in a second"]["rounds"][0] > 0
    assert all(each["rounds"][0] > 0 for name, each in found.items() if "answered 503" not in name)


@LONG
def test_memory_and_cold_starts_are_held_against_bare_ones(tmp_path: Path) -> None:
    told = bench("footprint", tmp_path)

    assert "cold start of worker" in told
    found = kept(tmp_path, "latest.json")
    assert found["footprint: cold start of web"]["limit"]["name"] == "a bare Flask under gunicorn"
    assert all(each["judged"][0] > 0 for each in found.values())


@LONG
def test_every_event_is_applied_and_every_mail_sent(tmp_path: Path) -> None:
    told = bench("workers", tmp_path)

    assert "were confirmed" not in told
    assert "were to leave" not in told
    assert all(each["rounds"][0] > 0 for each in kept(tmp_path, "latest.json").values())
