"""Whatever changes something may mail somebody: each such route is limited."""

import re
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from app.emails.models import Email
from app.extensions import db
from tests.people import Person

READING = {"GET", "HEAD", "OPTIONS"}
UNLIMITED = {
    "/auth/refresh": "each program asks it every quarter of an hour, many from one address; mails nothing",
    "/payment/webhook": "Stripe's, by signature; what it mails stays within bounds for each recipient",
}

APP = Path(__file__).parent.parent.parent / "app"
USE = re.compile(r"rate_limits\.by_(?:address|account|failures)\(([^)]*)\)")


def writing(app: Flask) -> dict[str, bool]:
    """Each route that changes something, by its methods and path, and whether it is limited."""
    found = {}
    for rule in app.url_map.iter_rules():
        methods = (rule.methods or set()) - READING
        if methods and rule.rule not in UNLIMITED:
            view = app.view_functions[rule.endpoint]
            found[f"{' '.join(sorted(methods))} {rule.rule}"] = getattr(view, "is_limited", False)
    return found


def test_every_route_that_can_mail_is_limited(app: Flask) -> None:
    routes = writing(app)

    assert len(routes) > 40
    assert [route for route, is_limited in routes.items() if not is_limited] == []


def test_those_without_a_limit_exist(app: Flask) -> None:
    assert set(UNLIMITED) <= {rule.rule for rule in app.url_map.iter_rules()}


def test_a_refreshed_sign_in_mails_nothing(client: Person) -> None:
    mails = select(func.count()).select_from(Email)
    before = db.session.scalar(mails)

    answer = client.http.post("/auth/refresh", json={"refresh_token": client.refresh_token})

    assert (answer.status_code, db.session.scalar(mails)) == (200, before)


def test_each_route_names_its_limit() -> None:
    """The numbers stand in `app/http/rate_limits.py` only."""
    named = [use for path in APP.rglob("*.py") for use in USE.findall(path.read_text())]

    assert len(named) > 40
    assert [use for use in named if not re.fullmatch(r"rate_limits\.[A-Z_]+", use)] == []
