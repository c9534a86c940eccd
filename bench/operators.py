"""What an operator looks for, asked of the views behind the routes."""

from collections.abc import Callable, Mapping, Sequence
from inspect import unwrap
from typing import Any

from app.accounts.models import Account
from app.admin import (
    accounts,
    audit,
    coaches,
    debts,
    differences,
    disputes,
    emails,
    erased_coaches,
    events,
    fraud_warnings,
    recoveries,
    refunds,
    refused_sign_ins,
)
from app.admin.account_schemas import AccountSearch
from app.admin.schemas import AuditSearch, EmailSearch, EventSearch, RefundSearch, RefusedSignInSearch
from app.extensions import db
from app.http.pagination import Span
from app.monitoring import backlog
from bench.people import client_id
from bench.question import Ask, Question


def questions() -> list[Question]:
    """All lists: whole, and of what is rare among much; and what monitoring asks for all day."""
    return [
        Question("operator: what waits and failed", lambda _: _backlog),
        *(_list(name, view, search, _always(**wish)) for name, view, search, wish in LISTS),
        _list("mails to a client", emails.list_emails, EmailSearch, _to_client),
        _list("actions of a client", audit.list_audit, AuditSearch, _of_client),
        Question("operator: erased coaches", lambda _: _erased),
    ]


_DISPUTED = "charge.dispute.created"
LISTS: Sequence[tuple[str, Callable[..., Any], type[Span], Mapping[str, str]]] = (
    ("accounts", accounts.list_accounts, AccountSearch, {}),
    ("administrators", accounts.list_accounts, AccountSearch, {"role": "admin"}),
    ("deactivated accounts", accounts.list_accounts, AccountSearch, {"state": "deactivated"}),
    ("erased accounts", accounts.list_accounts, AccountSearch, {"state": "erased"}),
    ("an account", accounts.list_accounts, AccountSearch, {"email": "nobody@example.com"}),
    ("coaches", coaches.list_coaches, coaches.ListedCoachSearch, {}),
    ("coaches who wait", coaches.list_coaches, coaches.ListedCoachSearch, {"status": "waiting"}),
    ("declined coaches", coaches.list_coaches, coaches.ListedCoachSearch, {"status": "declined"}),
    ("mails", emails.list_emails, EmailSearch, {}),
    ("withdrawn mails", emails.list_emails, EmailSearch, {"status": "withdrawn"}),
    ("queued mails", emails.list_emails, EmailSearch, {"status": "queued"}),
    ("mails of a kind that nobody got", emails.list_emails, EmailSearch, {"kind": "coach_declined"}),
    ("events", events.list_events, EventSearch, {}),
    ("events of each payment", events.list_events, EventSearch, {"type": "payment_intent.succeeded"}),
    ("ignored events", events.list_events, EventSearch, {"status": "ignored"}),
    ("received events", events.list_events, EventSearch, {"status": "received"}),
    ("disputes' events", events.list_events, EventSearch, {"type": _DISPUTED}),
    ("refunds", refunds.list_refunds, RefundSearch, {}),
    ("failed refunds", refunds.list_refunds, RefundSearch, {"status": "failed"}),
    ("the audit log", audit.list_audit, AuditSearch, {}),
    ("actions that nobody took", audit.list_audit, AuditSearch, {"action": "coach.decline"}),
    ("actions on a booking", audit.list_audit, AuditSearch, {"subject": "booking:1"}),
    ("disputes", disputes.list_disputes, disputes.DisputeSearch, {}),
    ("fraud warnings", fraud_warnings.list_fraud_warnings, fraud_warnings.FraudWarningSearch, {}),
    ("transfers after disputes", recoveries.list_recoveries, recoveries.RecoverySearch, {}),
    ("debts", debts.list_debts, Span, {}),
    ("differences", differences.list_differences, differences.DifferenceSearch, {}),
    ("refused sign-ins", refused_sign_ins.list_refused_sign_ins, RefusedSignInSearch, {}),
)


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


def _erased() -> int:
    return len(unwrap(erased_coaches.list_erased_coaches)().items)


def _of_client(n: int) -> Mapping[str, str]:
    return {"actor": f"client:{client_id(n)}"}


def _to_client(n: int) -> Mapping[str, str]:
    return {"recipient": db.session.get_one(Account, client_id(n)).email}
