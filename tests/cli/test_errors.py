"""Every command, while something that it needs is away: one line that says what to do, and no traceback."""

from collections.abc import Iterator
from uuid import uuid4

import click
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text

from app import create_app
from app.accounts.models import Account
from app.cli import commands, doctor
from app.config.settings import Settings
from app.emails import smtp_pool
from app.extensions import db
from app.queue.enqueue import BrokerAway
from tests.cli.command_tree import leaves
from tests.ports import refusing
from tests.shop import Shop

EXAMPLES = {
    "address": "root@example.com",
    "url": "https://api.example.com/payment/webhook",
    "dispute": "dp_0123456789",
    "warning": "issfr_0123456789",
    "coach": "coach@example.com",
    "events": "evt_0123456789",
    "emails": str(uuid4()),
    "recoveries": str(uuid4()),
    "reason": "a test",
    "revision": "head",
}
ASKS_NOBODY = {"db list-templates", "db init", "db edit", "db heads", "db branches", "db show", "db history"}
"""They read files, or write some."""
WRITES_FILES = {"db revision", "db migrate", "db merge"}


@pytest.fixture
def away() -> Iterator[int]:
    """A port at which nothing answers."""
    with refusing() as port:
        yield port


def line(app: Flask, path: tuple[str, ...]) -> list[str]:
    """A command with all that it requires."""
    command: click.Command = app.cli
    for word in path:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    words = list(path)
    for parameter in command.params:
        if parameter.name == "yes":
            words.append("--yes")
        elif isinstance(parameter, click.Argument) and (parameter.required or parameter.name == "revision"):
            words.append(EXAMPLES[str(parameter.name)])
        elif isinstance(parameter, click.Option) and (parameter.required or parameter.prompt):
            words += [parameter.opts[0], EXAMPLES[str(parameter.name)]]
    return words


def all_commands(app: Flask) -> list[tuple[str, ...]]:
    return [path for path in leaves(app.cli) if " ".join(path) not in ASKS_NOBODY | WRITES_FILES]


def runs(app: Flask, words: list[str]) -> Result:
    return app.test_cli_runner().invoke(args=words, env={"LC_ALL": "C.UTF-8"})


def fails_on_one_line(result: Result, names: str) -> None:
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in {1, 2}
    said = [each for each in result.stderr.splitlines() if each.strip()]
    assert [each.startswith("Error: ") for each in said] == [True], result.output
    assert names in said[0]


def elsewhere(environment: dict[str, str], **changes: object) -> Flask:
    return create_app(Settings.load().model_copy(update=changes))


def test_each_command_says_that_the_database_is_away(
    application: Flask, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, away: int
) -> None:
    for seconds in ("WORKER_ANSWERS_WITHIN", "BEAT_SIGNS_WITHIN"):
        monkeypatch.setattr(doctor, seconds, 0)
    url = f"postgresql+psycopg://app:hunter2@127.0.0.1:{away}/culturebridge"
    app = elsewhere(environment, database_url=url)
    asked = 0

    for path in all_commands(app):
        result = runs(app, line(app, path))
        if path == ("doctor",):
            assert (result.exit_code, "Start PostgreSQL, or correct DATABASE_URL" in result.output) == (
                1,
                True,
            )
        elif "webhook" not in path[-1]:
            fails_on_one_line(result, "The database does not answer")
            assert "DATABASE_URL" in result.stderr
            asked += 1
        assert "hunter2" not in result.output
        assert "Traceback" not in result.output
    assert asked >= 12


def test_each_command_says_that_the_database_is_not_migrated(
    application: Flask, environment: dict[str, str]
) -> None:
    with application.app_context(), db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("CREATE DATABASE bare"))
    url = Settings.load().database_url.replace("/culturebridge?", "/bare?")
    app = elsewhere(environment, database_url=url)

    for path in all_commands(app):
        if path[0] in {"account", "email"} or path[-1] in {"reconcile", "replay", "submit-evidence"}:
            fails_on_one_line(runs(app, line(app, path)), "Run: flask db upgrade")


def test_each_command_that_asks_stripe_says_that_it_is_away(
    application: Flask, environment: dict[str, str], away: int
) -> None:
    there = elsewhere(environment, sandbox_stripe_url=f"http://127.0.0.1:{away}")

    for path in (("stripe", "create-webhook"), ("stripe", "create-connect-webhook")):
        fails_on_one_line(runs(there, line(there, path)), "Stripe does not answer")


@pytest.mark.parametrize("command", ["create-webhook", "create-connect-webhook"])
@pytest.mark.parametrize("status", [400, 401, 403, 503])
def test_a_webhook_that_stripe_does_not_make_is_not_claimed(shop: Shop, command: str, status: int) -> None:
    shop.sandbox.control("/faults", path="/v1/webhook_endpoints", method="POST", status=status, times=3)

    result = runs(shop.app, ["stripe", command, EXAMPLES["url"]])

    fails_on_one_line(result, "Stripe")
    assert "STRIPE_WEBHOOK_SECRET" not in result.stdout


def test_a_mail_that_does_not_leave_is_not_claimed(
    app: Flask, monkeypatch: pytest.MonkeyPatch, away: int
) -> None:
    smtp_pool.close_all()  # another test's connection would take the mail
    monkeypatch.setattr(app.extensions["mail"], "port", away)

    result = runs(app, ["email", "test", "you@example.com"])

    fails_on_one_line(result, "Correct SMTP_HOST")
    assert "Sent" not in result.output


def test_a_command_that_meets_an_error_of_ours_still_shows_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(commands.email_actions, "resend", broken)

    result = runs(app, ["email", "resend", str(uuid4())])

    assert isinstance(result.exception, ZeroDivisionError)


@pytest.mark.parametrize(
    "words", [["stripe", "submit-evidence"], ["stripe", "refund-fraud"], ["coach", "approve"]], ids=" ".join
)
def test_an_argument_that_is_no_text_is_refused_on_one_line(app: Flask, words: list[str]) -> None:
    fails_on_one_line(runs(app, [*words, "dp_\udcff"]), "An argument is no text in UTF-8")


def test_a_broker_that_is_away_is_named(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise BrokerAway("The task queue does not answer.")

    monkeypatch.setattr(commands.email_actions, "resend", away)

    fails_on_one_line(runs(app, ["email", "resend", str(uuid4())]), "The task queue does not answer")


def test_the_rule_of_an_administrator_s_password_is_said_before_it_is_asked_for(app: Flask) -> None:
    runner = app.test_cli_runner()

    asked = runner.invoke(args=["account", "create-admin", "root@example.com"], input="short\nshort\n")

    before, _, after = asked.output.partition("Password:")
    assert "12 to 128 characters" in before
    assert "must not be easy to guess" in before
    assert asked.exit_code == 1
    assert "12 to 128 characters" in after


@pytest.mark.parametrize("option", ["--password", "--password=seven green umbrellas", "-p"])
def test_no_password_is_taken_where_all_users_of_the_machine_see_it(app: Flask, option: str) -> None:
    wish = ["account", "create-admin", "root@example.com", option, "seven green umbrellas"]

    refused = app.test_cli_runner().invoke(args=wish, input="seven green umbrellas\n")

    assert (refused.exit_code, "No such option" in refused.output) == (2, True)
    assert db.session.scalars(select(Account).where(Account.email == "root@example.com")).all() == []
