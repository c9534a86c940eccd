"""The database is lost and restored from a backup: one reconciliation brings back what Stripe still knows."""

import os
import subprocess
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, text

from app.config.settings import Settings
from app.extensions import db
from sandbox.postgres import WHEEL
from tests.payments.reconciliation.committed.conftest import Command
from tests.payments.reconciliation.committed.traffic import Day, Hearing, books, opened, work
from tests.payments.reconciliation.comparisons import differences, reconciled
from tests.payments.scenarios import DEBIT
from tests.people import Person, next_week
from tests.shop import Shop
from tests.waiting import PATIENCE

PROGRAMS = WHEEL / "pginstall" / "bin"
RESTORE = ("--clean", "--if-exists", "--no-owner", "--exit-on-error")


class Backup:
    """A dump of the shop's database, made and restored with the documented commands."""

    def __init__(self, url: str, file: Path) -> None:
        self._url, self._file = url, file

    def make(self) -> None:
        db.session.remove()
        self._run("pg_dump", "--format=custom", f"--file={self._file}", self._url)

    def restore(self) -> None:
        """Into an empty database of the same name, as the one before is lost."""
        db.session.remove()
        db.engine.dispose()
        server = create_engine(Settings.load().database_url, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.execute(text("DROP DATABASE reconciled WITH (FORCE)"))
            connection.execute(text("CREATE DATABASE reconciled"))
        server.dispose()
        self._run("pg_restore", *RESTORE, f"--dbname={self._url}", self._file)

    def _run(self, program: str, *words: str | Path) -> None:
        subprocess.run([PROGRAMS / program, *words], check=True, env={"PATH": os.environ["PATH"]})


@pytest.fixture
def backup(third_database: str, tmp_path: Path) -> Backup:
    return Backup(third_database, tmp_path / "culturebridge.dump")


@pytest.fixture
def day(silent: Shop, http: httpx.Client) -> Day:
    return Day(silent, opened(http), Hearing(silent))


def client(day: Day, name: str) -> Person:
    return Person.registered(day.coach.http, "client", name=name)


def test_what_was_told_after_the_backup_is_learned_again(day: Day, backup: Backup, flask: Command) -> None:
    _, refunded = day.paid(client(day, "Rae"), next_week(8))
    _, disputed = day.paid(client(day, "Dora"), next_week(9))
    _, unpaid = day.page(client(day, "Pat"), next_week(10))
    _, debited = day.page(client(day, "Deb"), next_week(11))
    day.shop.sandbox.debits(debited, DEBIT)
    day.passes()
    backup.make()

    day.shop.sandbox.pays(unpaid)
    day.control(unpaid, "settle")
    day.control(refunded, "refund", amount=2500)
    day.control(disputed, "dispute")
    day.control(debited, "debit", outcome="succeeded")
    day.control(debited, "settle")
    day.passes()
    wanted = books()

    backup.restore()
    assert books() != wanted
    for words in (("db", "upgrade"), ("stripe", "reconcile", "--since", "24h")):
        command = flask(*words)
        said, complained = command.communicate(timeout=PATIENCE)
        assert command.returncode == 0, said + complained
    work(day.shop)

    assert books() == wanted
    assert differences(day.shop) == []


def test_money_for_a_booking_that_is_lost_is_listed(day: Day, backup: Backup) -> None:
    backup.make()
    day.paid(client(day, "Una"), next_week(12))
    day.passes()
    backup.restore()

    reconciled(day.shop)

    assert ("checkout.session", "paid, 75.00 EUR", "there is no such payment") in differences(day.shop)
