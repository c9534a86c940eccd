"""Turning a second factor off, other recovery codes, and who is told of it."""

import httpx
import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import Account
from app.accounts.two_factor.models import RecoveryCode, SecondFactor
from app.audit import AuditEntry
from app.extensions import db
from tests.accounts.account_mails import mails
from tests.accounts.two_factor.authenticator import Phone, clock
from tests.people import PASSWORD, Person

__all__ = ["clock"]
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def phone(client: Person) -> Phone:
    return Phone.of(client)


def turns_off(phone: Phone, code: str, password: str = PASSWORD) -> httpx.Response:
    return phone.owner.ask("DELETE", "/auth/second-factor", json={"password": password, "code": code})


def renews(phone: Phone, code: str, password: str = PASSWORD) -> httpx.Response:
    body = {"password": password, "code": code}
    return phone.owner.post("/auth/second-factor/recovery-codes", json=body)


def rows(table: type[SecondFactor] | type[RecoveryCode]) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("with_app", [True, False], ids=["app", "recovery code"])
def test_off_the_password_is_enough_and_nothing_is_kept(phone: Phone, with_app: bool) -> None:
    assert turns_off(phone, phone.shows() if with_app else phone.recovery_codes[0]).status_code == 204

    assert phone.signs_in(None).status_code == 200
    assert phone.owner.get("/auth/me").json()["second_factor"] is False
    assert (rows(SecondFactor), rows(RecoveryCode)) == (0, 0)


def test_it_can_be_turned_on_again_with_another_app(phone: Phone) -> None:
    turns_off(phone, phone.shows())

    other = Phone.of(phone.owner)

    assert phone.signs_in(phone.shows()).status_code == 401
    assert other.signs_in(other.shows()).status_code == 200


@pytest.mark.parametrize("turn", [turns_off, renews])
def test_each_knob_wants_password_and_code(phone: Phone, turn: object) -> None:
    assert callable(turn)
    wrong_password = turn(phone, phone.shows(), "not my password")
    wrong_code = turn(phone, phone.shows_not())

    assert [error["pointer"] for error in wrong_password.json()["errors"]] == ["/password"]
    assert [error["pointer"] for error in wrong_code.json()["errors"]] == ["/code"]
    assert phone.signs_in(None).status_code == 401
    assert db.session.scalars(select(SecondFactor.wrong_codes)).one() == 1
    assert turn(phone, phone.shows()).is_success


@pytest.mark.parametrize("turn", [turns_off, renews])
def test_there_is_no_knob_while_it_is_off(client: Person, turn: object) -> None:
    assert callable(turn)
    answer = turn(Phone(client, "A" * 32), "123456")

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/second-factor-off")


def test_new_recovery_codes_take_the_place_of_the_old(phone: Phone) -> None:
    new = renews(phone, phone.recovery_codes[0]).json()["recovery_codes"]

    assert len(set(new)) == 10
    assert not set(new) & set(phone.recovery_codes)
    assert phone.signs_in(phone.recovery_codes[1]).status_code == 401
    assert phone.signs_in(new[0]).status_code == 200


def test_the_owner_is_told_of_each_turn(phone: Phone) -> None:
    phone.signs_in(phone.recovery_codes[0])
    renews(phone, phone.shows())
    turns_off(phone, phone.shows(1))

    kinds = ("second_factor_on", "recovery_code_used", "recovery_codes_renewed", "second_factor_off")
    told = [mail for kind in kinds for mail in mails(phone.owner, kind)]
    assert [mail.kind for mail in told] == list(kinds)
    assert "Codes left  9" in told[1].text_body
    assert "By       you" in told[3].text_body
    for mail in told:
        assert not [code for code in phone.recovery_codes if code in mail.text_body + mail.html_body]
        assert "Europe/London" in mail.text_body


def test_each_turn_is_on_record_as_the_owner_s(phone: Phone) -> None:
    phone.signs_in(phone.recovery_codes[0])
    renews(phone, phone.shows())
    turns_off(phone, phone.shows(1))

    of_factors = select(AuditEntry).where(AuditEntry.action.like("second_factor.%"))
    entries = db.session.scalars(of_factors.order_by(AuditEntry.created_at)).all()
    assert [entry.action for entry in entries] == [
        "second_factor.on",
        "second_factor.recovery_code_used",
        "second_factor.recovery_codes",
        "second_factor.off",
    ]
    assert {(entry.actor, entry.subject) for entry in entries} == {(f"account:{phone.owner.id}",) * 2}


def test_an_operator_takes_it_off_who_lost_everything(phone: Phone, app: Flask) -> None:
    command = ["account", "disable-2fa", phone.owner.email, "--reason", "showed a passport"]
    done = app.test_cli_runner().invoke(args=command)

    assert done.exit_code == 0, done.output
    assert phone.owner.get("/auth/me").status_code == 401
    assert phone.signs_in(None).status_code == 200
    (told,) = mails(phone.owner, "second_factor_off")
    assert "By       us" in told.text_body
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "second_factor.take_off")).one()
    assert (entry.actor, entry.reason) == ("command", "showed a passport")


@pytest.mark.parametrize("whose", ["nobody@example.com", "the client"])
def test_what_is_not_on_is_not_taken_off(client: Person, app: Flask, whose: str) -> None:
    address = client.email if whose == "the client" else whose
    command = ["account", "disable-2fa", address, "--reason", "lost"]

    assert app.test_cli_runner().invoke(args=command).exit_code == 1


def test_an_account_that_is_removed_takes_its_second_factor_along(phone: Phone) -> None:
    db.session.delete(db.session.scalars(select(Account).where(Account.email == phone.owner.email)).one())
    db.session.commit()

    assert (rows(SecondFactor), rows(RecoveryCode)) == (0, 0)
