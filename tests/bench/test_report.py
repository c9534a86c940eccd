"""What is said of the figures."""

import json
from pathlib import Path

import pytest

from bench import report
from bench.findings import AtLeast, AtMost, Finding, Limit, Series

HALF = Limit("the least", Series([100, 200, 300], "1/s"))


def _rate(*rounds: float) -> Finding:
    return Finding("race", "rate", Series(rounds, "1/s"), HALF, AtLeast(0.5))


def test_a_ratio_is_taken_round_by_round() -> None:
    assert _rate(60, 80, 270).judged.rounds == pytest.approx([0.6, 0.4, 0.9])


def test_an_aim_that_the_median_misses_is_named() -> None:
    assert _rate(60, 120, 30).misses == []
    assert _rate(40, 80, 270).misses == ["race: rate: 0.4 of the limit; the aim is at least 0.5"]


def test_what_went_wrong_is_named_even_if_the_aim_is_met() -> None:
    wait = Finding("crowd", "wait", Series([1.0], "s"), aim=AtMost(2), wrongs=["an answer was 500"])

    assert wait.misses == ["crowd: wait: an answer was 500"]


def test_a_second_run_stands_beside_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report.tell([_rate(60, 120, 180)], tmp_path)
    first = capsys.readouterr().out
    report.tell([_rate(70, 140, 210)], tmp_path)

    assert first.rstrip().endswith("-")
    assert capsys.readouterr().out.rstrip().endswith("0.6")
    assert json.loads((tmp_path / "before.json").read_text())["race: rate"]["judged"] == [0.6, 0.6, 0.6]


def test_a_bench_that_was_not_run_keeps_its_figures(tmp_path: Path) -> None:
    report.tell([_rate(60, 120, 180)], tmp_path)
    report.tell([Finding("crowd", "wait", Series([1.0], "s"))], tmp_path)

    assert json.loads((tmp_path / "latest.json").read_text()).keys() == {"race: rate", "crowd: wait"}
