"""What the operator does about accounts to be erased, and sees of those that are."""

from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text

from app.accounts import deactivation
from app.audit import AuditEntry
from app.extensions import db
from app.privacy import retention
from tests.people import PASSWORD, Person
from tests.privacy.personal_data import erase, tables_with, work_off
from tests.shop import Shop, become_admin


def command(app: Flask, whom: str) -> Result:
    return app.test_cli_runner().invoke(args=["account", "erase", whom, "--reason", "a letter", "--yes"])


def test_somebody_who_is_deactivated_is_erased_by_the_operator(app: Flask, shop: Shop, zelda: Person) -> None:
    zelda.prove_address()
    assert zelda.post("/auth/me/deactivate", json={"password": PASSWORD}).status_code == 204
    assert erase(zelda).status_code == 401

    done = command(app, zelda.email.upper())

    assert done.exit_code == 0, done.output
    work_off(shop)
    assert [mail["subject"] for mail in shop.sandbox.mails_to(zelda.email)][-1] == "Your account was erased"
    shop.work(retention.redact_emails)
    assert tables_with("Quimby") == tables_with(zelda.email) == set()
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "account.erase")).one()
    assert (entry.actor, entry.reason, entry.subject) == ("command", "a letter", f"account:{zelda.id}")


def test_after_a_backup_was_restored_an_id_is_enough(app: Flask, zelda: Person) -> None:
    assert command(app, zelda.id).exit_code == 0
    assert zelda.get("/auth/me").status_code == 401


@pytest.mark.parametrize("whose", ["nobody", "erased"])
def test_who_is_not_there_is_not_erased(app: Flask, zelda: Person, whose: str) -> None:
    erase(zelda)

    done = command(app, "nobody@example.com" if whose == "nobody" else zelda.id)

    assert (done.exit_code, "There is no account" in done.output) == (1, True)


def test_the_last_administrator_stays_for_the_operator_too(app: Flask, admin: Person) -> None:
    done = command(app, admin.email)

    assert (done.exit_code, "last administrator" in done.output) == (1, True)


def test_who_is_deactivated_is_no_administrator_to_leave_it_to(admin: Person, client: Person) -> None:
    become_admin(client)
    assert admin.post(f"/admin/account/{client.id}/deactivate", json={"reason": "left"}).status_code == 200

    assert erase(admin).json()["type"] == "/problems/last-admin"


def found(admin: Person, **wish: Any) -> list[str]:
    return [each["id"] for each in admin.get("/admin/account", params=wish).json()["items"]]


def test_who_was_erased_is_listed_only_when_asked_for(admin: Person, client: Person, zelda: Person) -> None:
    zelda.post("/auth/me/deactivate", json={"password": PASSWORD})
    erase(client)

    assert found(admin) == [zelda.id, admin.id]
    assert found(admin, state="active") == [admin.id]
    assert found(admin, state="deactivated") == [zelda.id]
    assert found(admin, state="erased") == [client.id]
    shown = admin.get(f"/admin/account/{client.id}").json()
    assert (shown["name"], shown["erased_at"] is None) == ("Erased account", False)


def test_two_administrators_who_go_at_once_do_not_leave_nobody(
    admin: Person, client: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One deactivates the other, and is erased while that waits for the lock of both."""
    become_admin(client)
    wait = deactivation._lock_admins

    def waits() -> None:
        db.session.execute(text("UPDATE account SET erased_at = now() WHERE id = :id"), {"id": admin.id})
        wait()

    monkeypatch.setattr(deactivation, "_lock_admins", waits)

    assert admin.post(f"/admin/account/{client.id}/deactivate", json={"reason": "x"}).status_code == 403
    assert client.get("/admin/overview").status_code == 200


@pytest.mark.parametrize("lever", ["deactivate", "reactivate"])
def test_an_erased_account_has_no_levers(admin: Person, client: Person, lever: str) -> None:
    erase(client)

    assert admin.post(f"/admin/account/{client.id}/{lever}", json={"reason": "x"}).status_code == 404
