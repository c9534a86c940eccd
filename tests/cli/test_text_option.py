"""Texts of commands follow the rules of the JSON routes."""

import click
import pytest
from flask import Flask

from app.cli.text_option import NAME, REASON, STATEMENT, TextOption
from tests.cli.command_tree import leaves

TYPES = {"name": NAME, "reason": REASON, "statement": STATEMENT}
ERASE = ["account", "erase", "someone@example.com", "--reason"]
SUBMIT = ["stripe", "submit-evidence", "dp_1", "--statement"]
CREATE = ["account", "create-admin", "someone@example.com", "--name"]


def text_options(app: Flask) -> dict[str, click.Parameter]:
    """Each option of a command that people fill with text."""
    found = {}
    for path in leaves(app.cli):
        command: click.Command = app.cli
        for word in path:
            assert isinstance(command, click.Group)
            command = command.commands[word]
        for each in command.params:
            if each.name in TYPES and isinstance(each, click.Option):
                found[f"{' '.join(path)} {each.name}"] = each
    return found


def test_every_text_is_of_the_type_of_its_route(app: Flask) -> None:
    found = text_options(app)

    assert len(found) >= 11
    assert [at for at, option in found.items() if option.type is not TYPES[option.name or ""]] == []


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (REASON, "  Lucía\r\nwrote ", "Lucía\nwrote"),
        (STATEMENT, "  They came.\r\nLucía ", "They came.\nLucía"),
        (NAME, " Lucía ", "Lucía"),
    ],
)
def test_a_text_is_kept_in_one_form_of_unicode(kind: TextOption, typed: str, kept: str) -> None:
    assert kind.convert(typed, None, None) == kept


@pytest.mark.parametrize("command", [ERASE, SUBMIT, CREATE])
@pytest.mark.parametrize(
    ("text", "why"),
    [("a\ud800b", "must be text"), ("x" * 10_001, "characters; it has"), ("a\x07b", "control characters")],
    ids=["surrogate", "too long", "bell"],
)
def test_a_text_that_cannot_be_kept_is_refused_in_words(
    app: Flask, command: list[str], text: str, why: str
) -> None:
    done = app.test_cli_runner().invoke(args=[*command, text])

    assert done.exit_code == 2
    assert why in " ".join(done.output.split())


@pytest.mark.parametrize("name", ["", "bank.example.com", "We", "two\nlines"])
def test_an_administrator_has_a_name_as_anyone(app: Flask, name: str) -> None:
    done = app.test_cli_runner().invoke(args=[*CREATE, name], input="correct horse battery staple\n")

    assert (done.exit_code, "Invalid value for '--name'" in done.output) == (2, True)
