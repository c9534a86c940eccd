"""Somebody with an app that makes codes."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

import httpx
import pytest
from pyotp import TOTP
from sqlalchemy import update

from app.accounts.models import Account
from app.extensions import db, now
from tests.clock import Clock
from tests.people import PASSWORD, Person


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """In the middle of a step of 30 seconds, and there it stays."""
    clock = Clock(datetime.now(UTC).replace(second=15, microsecond=0))
    monkeypatch.setattr("app.extensions.datetime", clock)
    return clock


def proven(person: Person) -> Person:
    """Whose address is verified, as each with a second factor is."""
    return _verified(person, now())


def unproven(person: Person) -> Person:
    """Whose address is not, whatever the account has."""
    return _verified(person, None)


def _verified(person: Person, at: datetime | None) -> Person:
    db.session.execute(update(Account).where(Account.email == person.email).values(email_verified_at=at))
    db.session.commit()
    return person


@dataclass
class Phone:
    """The app on somebody's phone, with what else it takes to get in."""

    owner: Person
    secret: str
    recovery_codes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, owner: Person) -> Self:
        """Turned on by a clock that stands still, with the code before the one that is shown now."""
        begun = proven(owner).post("/auth/second-factor", json={"password": PASSWORD})
        assert begun.status_code == 201, begun.text
        phone = cls(owner, begun.json()["secret"])
        done = owner.post("/auth/second-factor/confirm", json={"code": phone.shows(steps=-1)})
        assert done.status_code == 200, done.text
        phone.recovery_codes = done.json()["recovery_codes"]
        return phone

    def shows(self, steps: int = 0) -> str:
        """The code of now, or of so many steps later."""
        return TOTP(self.secret).at(now() + timedelta(seconds=30 * steps))

    def shows_not(self) -> str:
        """Six digits that are good at no time near now."""
        good = {self.shows(steps) for steps in range(-2, 3)}
        return next(
            code for code in ("000000", "111111", *map(str, range(222222, 222230))) if code not in good
        )

    def signs_in(self, code: str | None, password: str = PASSWORD) -> httpx.Response:
        login = {"email": self.owner.email, "password": password, "code": code}
        return self.owner.http.post("/auth/login", json=login)
