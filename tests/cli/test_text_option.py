"""Reasons of commands follow the rules of the JSON routes."""

from collections.abc import Iterator

import click
import pytest
from flask import Flask

from app.cli.text_option import REASON
from tests.cli.command_tree import leaves


def reasons(app: Flask) -> Iterator[tuple[str, click.Parameter]]:
    for path in leaves(app.cli):
        command: click.Command = app.cli
        for word in path:
            assert isinstance(command, click.Group)
            command = command.commands[word]
        yield from ((" ".join(path), each) for each in command.params if each.name == "reason")


def test_every_reason_is_of_that_type(app: Flask) -> None:
    found = dict(reasons(app))

    assert len(found) >= 9
    assert [path for path, option in found.items() if option.type is not REASON] == []


def test_a_reason_is_kept_in_one_form_of_unicode() -> None:
    assert REASON.convert("  Lucía\r\nwrote ", None, None) == "Lucía\nwrote"


@pytest.mark.parametrize(
    ("reason", "why"),
    [("a\ud800b", "must be text"), ("x" * 501, "at most 500 characters"), ("a\x07b", "control characters")],
    ids=["surrogate", "too long", "bell"],
)
def test_a_reason_that_cannot_be_kept_is_refused_in_words(app: Flask, reason: str, why: str) -> None:
    done = app.test_cli_runner().invoke(args=["account", "erase", "someone@example.com", "--reason", reason])

    assert done.exit_code == 2
    assert why in " ".join(done.output.split())
