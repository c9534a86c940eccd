"""No secret is in a log, an error on record, the audit trail or a mail to operators, whatever happens."""

import re
import socket
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from pyotp import TOTP
from sqlalchemy import text

from tests.accounts.account_mails import token_of
from tests.people import Person
from tests.stack import Stack
from tests.system.outcomes import confirmed, mail_with, settled
from tests.waiting import wait_until

CHOSEN, MISTYPED, NEW = "violet harbour at dawn", "violet harbor at down", "nine copper kettles"


class Secrets(dict[str, str]):
    """What nobody may read who reads logs, by what each is."""

    def found_in(self, said: str) -> set[str]:
        return {name for name, secret in self.items() if secret in said}


def said_by(stack: Stack) -> dict[str, str]:
    """All that an operator reads: logs, every row with the mails of others, and their own mails."""
    said = {log.name: log.read_text(errors="replace") for log in stack.logs.glob("*.log")}
    with stack.database.connect() as connection:
        tables = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        for table in tables.all():
            rows = connection.scalars(text(f"SELECT to_jsonb(t)::text FROM {table} t"))
            said[table] = "\n".join(rows)
    said["mails to the operator"] = str(stack.sandbox.mails_to(stack.variables["OPS_EMAIL"]))
    return said


def of_the_settings(stack: Stack) -> Secrets:
    names = ("SECRET_KEY", "JWT_SECRET_KEY", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET")
    return Secrets({name: stack.variables[name] for name in names})


def signs_up(stack: Stack, secrets: Secrets) -> Person:
    """Somebody opens an account, and does with passwords and tokens all that can go well and wrong."""
    http, email = stack.http, f"careful-{uuid4().hex[:12]}@example.com"
    http.post("/auth/register", json={"email": email, "password": CHOSEN, "name": "Cora Careful"})
    secrets["verification token"] = token_of(mail_with(stack, Person(http, "", email, ""), "Please")["text"])
    http.get("/auth/verify", params={"token": secrets["verification token"]})
    http.post("/auth/verify", json={"token": secrets["verification token"], "password": CHOSEN})

    for body in ({"email": email, "password": MISTYPED}, {"email": email, "password": MISTYPED, "x": 1}):
        http.post("/auth/login", json=body)
    as_json = {"Content-Type": "application/json"}
    http.post("/auth/login", content=f'{{"password": "{MISTYPED}"', headers=as_json)
    person = Person.signed_in(http, email, CHOSEN)
    secrets |= {"password": CHOSEN, "mistyped password": MISTYPED, "refresh token": person.refresh_token}
    secrets |= {"access token": person.token, "its signature": person.token.split(".")[2]}
    http.get("/auth/me", headers={"Authorization": f"Bearer {person.token}x"})
    http.get(f"/auth/me/{person.token}", params={"token": person.token})
    return person


def forgets_the_password(stack: Stack, person: Person, secrets: Secrets) -> Person:
    stack.http.post("/auth/password/forgot", json={"email": person.email})
    token = secrets["reset token"] = token_of(mail_with(stack, person, "Set a new password")["text"])
    secrets["new password"] = NEW
    stack.http.get("/auth/password/reset", params={"token": token})
    stack.http.get(f"/auth/password/reset/{token}")
    for _ in range(2):
        stack.http.post("/auth/password/reset", data={"token": token, "password": NEW})
    return Person.signed_in(stack.http, person.email, NEW)


def turns_on_a_second_factor(stack: Stack, person: Person, secrets: Secrets) -> None:
    secret = person.post("/auth/second-factor", json={"password": NEW}).json()["secret"]
    code = TOTP(secret).now()
    answer = person.post("/auth/second-factor/confirm", json={"code": code})
    recovery = answer.json()["recovery_codes"][0]
    secrets |= {"secret of the app": secret, "recovery code": recovery}
    secrets |= {
        "code of the app": f"'{code}'",
        "the same in JSON": f'"{code}"',
    }  # bare, any six digits
    for tried in (code, recovery, recovery, "no code at all"):
        stack.http.post("/auth/login", json={"email": person.email, "password": NEW, "code": tried})


def subscribes(stack: Stack, person: Person, secrets: Secrets) -> None:
    address = httpx.URL(person.post("/booking/feed").json()["url"])
    token = secrets["feed token"] = address.params["token"]
    assert stack.http.get(address).status_code == 200
    person.post("/booking/feed")  # from now on the address leads nowhere
    assert stack.http.get(address).status_code == 404
    stack.http.get(f"/booking/feed.ics/{token}")
    shouts(stack, f"GET /booking/feed.ics?token={token} HTTP/9.9")
    shouts(stack, f"GET /booking/feed.ics?token={token}&{'x' * 9000} HTTP/1.1")
    shouts(stack, f"GET /booking/feed.ics?token={token} HTTP/1.1\r\nAuthorization : Bearer {person.token}")


def shouts(stack: Stack, request: str) -> None:
    """Ask for something in a way that the web server itself refuses."""
    at = urlsplit(stack.variables["PUBLIC_URL"])
    with socket.create_connection((str(at.hostname), int(at.port or 80)), timeout=10) as line:
        line.sendall(f"{request}\r\nHost: x\r\n\r\n".encode())
        assert b" 4" in line.recv(4096)


def pays(stack: Stack, person: Person, coach: Person) -> None:
    """While Stripe breaks, refuses the key, and mail servers refuse with many lines."""
    booking = person.books(coach)
    for status in (401, 403, 500):
        stack.sandbox.control("/faults", path="/v1/checkout/sessions", method="POST", status=status)
        wish = {"booking_id": booking["id"], "success_url": "https://a.b", "cancel_url": "https://a.b"}
        assert person.post("/payment/checkout", json=wish).status_code == 503
    reply = f"550 5.1.1 no such user {person.email}"
    stack.sandbox.mail_fails(at="rcpt", to=person.email, reply=reply)
    stack.sandbox.pays(person.checks_out(booking))
    confirmed(person, booking)
    wait_until(lambda: stack.has_logged("not sent"))


def test_whatever_people_do_no_secret_of_theirs_or_ours_is_told(stack: Stack, coach: Person) -> None:
    secrets = of_the_settings(stack)
    person = forgets_the_password(stack, signs_up(stack, secrets), secrets)
    turns_on_a_second_factor(stack, person, secrets)
    subscribes(stack, person, secrets)
    pays(stack, person, coach)
    settled(stack)

    said = said_by(stack)

    assert {where: found for where, what in said.items() if (found := secrets.found_in(what))} == {}
    statuses = {int(found) for found in re.findall(r" /\S+ (\d{3}) [\d.]+ms", said["web.log"])}
    assert statuses >= {200, 201, 202, 400, 401, 404, 422, 503}


@pytest.mark.parametrize("header", ["X-Request-ID", "User-Agent"])
def test_nobody_writes_a_log_line_of_their_own(stack: Stack, header: str) -> None:
    forged = f"forged-{uuid4().hex}"
    stack.http.get(f"/coach/%0aERROR%20{forged}", headers={header: f"x ERROR {forged}"})
    stack.http.get("/coach", params={"q": f"\nERROR {forged}"}, headers={header: f"\x1b[2K{forged}"})

    lines = [line for log in stack.logs.glob("*.log") for line in Path(log).read_text().splitlines()]

    assert not [line for line in lines if line.startswith("ERROR")]
    assert not [line for line in lines if f"ERROR {forged}" in line or "\x1b" in line]
