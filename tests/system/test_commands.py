"""The operator's commands work as documented, in a whole system."""

import os
import re
import subprocess

import pytest

from tests.docs.blocks import pages
from tests.people import Person
from tests.programs import Programs
from tests.stack import BIN, HERE, Stack

DOCUMENTED = "\n".join(text for path, text in pages().items() if path != "CHANGELOG.md")
HELP = """
import sys
from click.testing import CliRunner
from flask.cli import cli
for command in sys.argv[1:]:
    done = CliRunner().invoke(cli, ["--app", "sandbox.cli", *command.split(), "--help"])
    assert done.exit_code == 0, (command, done.output)
"""


def test_every_command_named_exists(stack: Stack, programs: Programs) -> None:
    commands = set(re.findall(r"flask ((?:[a-z]+ )?[a-z0-9-]+)\b", DOCUMENTED)) - {"db upgrade"}
    done = programs.run(HELP, stack.variables, *commands)
    assert done.returncode == 0, done.stderr
    assert len(commands) >= 10


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"STRIPE_SECRET_KEY": "sk_test_mine"}, "only with STRIPE_SECRET_KEY=sk_test_sandbox"),
        ({"SANDBOX_STRIPE_URL": "http://127.0.0.1:1"}, "Stripe at http://127.0.0.1:1 does not answer"),
    ],
)
def test_nothing_is_forgotten_where_the_sandbox_is_not(
    stack: Stack, client: Person, wrong: dict[str, str], said: str
) -> None:
    done = _forget(stack, ["--yes"], wrong)

    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert client.get("/auth/me").status_code == 200


def test_nothing_is_forgotten_without_a_yes(stack: Stack, client: Person) -> None:
    done = _forget(stack, [], {})

    assert done.returncode == 1
    assert "Forget all bookings, payments and people in postgresql" in done.stdout
    assert client.get("/auth/me").status_code == 200


def _forget(stack: Stack, words: list[str], wrong: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [BIN / "flask", "--app", "sandbox.cli", "demo", "--reset", *words],
        cwd=HERE,
        env=stack.variables | wrong,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_doctor_finds_everything_well(stack: Stack, programs: Programs) -> None:
    done = programs.flask(stack.variables, "doctor")

    assert done.returncode == 0, done.stdout
    assert [line.split()[1] for line in done.stdout.splitlines()] == [
        "database",
        "broker",
        "worker",
        "Stripe",
        "webhook",
        "SMTP",
    ]


def test_the_doctor_says_what_is_wrong_and_what_to_do(stack: Stack, programs: Programs) -> None:
    wrong = {"SMTP_PORT": "1", "REDIS_URL": "redis://127.0.0.1:1/0"}
    done = programs.flask(stack.variables | wrong, "doctor")

    assert done.returncode == 1
    assert "correct REDIS_URL" in done.stdout
    assert "Correct SMTP_HOST" in done.stdout


def test_a_test_mail_arrives(stack: Stack, programs: Programs) -> None:
    programs.flask(stack.variables, "email", "test", "operator@example.com").check_returncode()

    assert [mail["subject"] for mail in stack.sandbox.mails_to("operator@example.com")] == [
        "A test mail from CultureBridge"
    ]


def test_an_administrator_made_on_the_command_line_signs_in(stack: Stack) -> None:
    command = [BIN / "flask", "--app", "wsgi", "account", "create-admin", "admin@example.com"]
    typed = "a long enough password\n" * 2
    subprocess.run(command, cwd=HERE, env=stack.variables, input=typed, text=True, check=True)

    login = {"email": "admin@example.com", "password": "a long enough password"}
    assert stack.http.post("/auth/login", json=login).status_code == 200


def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(stack: Stack) -> None:
    command = [BIN / "flask", "--app", "wsgi", "account", "create-admin", "typist@example.com"]
    ours, theirs = os.openpty()
    typed = b"a long enough password\n"
    with subprocess.Popen(
        command, cwd=HERE, env=stack.variables, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    ) as process:
        os.close(theirs)
        said = b""
        for prompt in (b"Password: ", b"Repeat for confirmation: "):
            while not said.endswith(prompt):
                said += os.read(ours, 1000)
            os.write(ours, typed)
        while b"can now sign in" not in said:
            said += os.read(ours, 1000)
    os.close(ours)

    assert process.returncode == 0
    assert typed.strip() not in said
    login = {"email": "typist@example.com", "password": typed.decode().strip()}
    assert stack.http.post("/auth/login", json=login).status_code == 200


def test_a_webhook_made_on_the_command_line_is_stripes_and_its_secret_is_shown(
    stack: Stack, programs: Programs
) -> None:
    url = "https://api.example.com/payment/webhook"

    done = programs.flask(stack.variables, "stripe", "create-webhook", url)

    assert "STRIPE_WEBHOOK_SECRET=whsec_" in done.stdout, done.stderr
    listed = stack.sandbox.http.get(
        f"{stack.sandbox.stripe_url}/v1/webhook_endpoints",
        headers={"Authorization": "Bearer sk_test_sandbox"},
    ).json()["data"]
    made = next(endpoint for endpoint in listed if endpoint["url"] == url)
    stack.sandbox.http.delete(
        f"{stack.sandbox.stripe_url}/v1/webhook_endpoints/{made['id']}",
        headers={"Authorization": "Bearer sk_test_sandbox"},
    )
