"""What an operator looks for, asked of the views behind the routes."""

from collections.abc import Callable, Mapping
from inspect import unwrap
from typing import Any

from app.accounts.models import Account
from app.admin import emails, events, refunds
from app.admin.schemas import EmailSearch, EventSearch, RefundSearch
from app.extensions import db
from app.http.pagination import Span
from app.monitoring import backlog
from bench.people import client_id
from bench.question import Ask, Question


def questions() -> list[Question]:
    """Lists of what is rare among much, and what monitoring asks for all day."""
    return [
        Question("operator: what waits and failed", lambda _: _backlog),
        _list("mails to a client", emails.list_emails, EmailSearch, _to_client),
        _list("withdrawn mails", emails.list_emails, EmailSearch, _always(status="withdrawn")),
        _list("ignored events", events.list_events, EventSearch, _always(status="ignored")),
        _list("disputes' events", events.list_events, EventSearch, _always(type=_DISPUTED)),
        _list("failed refunds", refunds.list_refunds, RefundSearch, _always(status="failed")),
    ]


_DISPUTED = "charge.dispute.created"


def _backlog() -> int:
    return sum(each.waiting for each in backlog.backlogs().values()) + backlog.holds().failed


def _list(
    name: str, view: Callable[..., Any], search: type[Span], wish: Callable[[int], Mapping[str, str]]
) -> Question:
    listed = unwrap(view)  # without its route, its rule of access and its output as JSON

    def by(n: int) -> Ask:
        page = search.model_validate(wish(n))
        return lambda: len(listed(page).items)

    return Question(f"operator: {name}", by)


def _always(**wish: str) -> Callable[[int], Mapping[str, str]]:
    return lambda _: wish


def _to_client(n: int) -> Mapping[str, str]:
    return {"recipient": db.session.get_one(Account, client_id(n)).email}
