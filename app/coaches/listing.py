"""Listing in the directory: what a coach must complete, and the operator's approval."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, func, select

from app import alerts, audit
from app.accounts.models import Account
from app.alerts import Alert, AlertKind, AlertText
from app.coaches import messages
from app.coaches.models import Approval, Coach, Missing, lacks_at_most_approval
from app.config.settings import current_settings
from app.extensions import db
from app.http.problems import NotFound, Problem

MAX_NOTED = 100
"""The most coaches that one sweep reports to the operator; the next sweep continues."""


class DecidedOtherwise(Problem):
    status, slug, title = 409, "decided-otherwise", "Coach in another state"
    meaning = "The coach's status is no longer the `current_status` that you sent: another operator decided."
    remedy = (
        "Look at the coach with `GET /admin/coach/{id}`. To change the decision, send the coach's"
        " present status as `current_status`."
    )


@dataclass(frozen=True)
class Step:
    """One step that is left until a coach is listed."""

    missing: Missing
    what_to_do: str


def steps(coach: Coach) -> list[Step]:
    return [Step(missing, _what_to_do(coach, missing)) for missing in coach.missing]


def _what_to_do(coach: Coach, missing: Missing) -> str:
    if missing is Missing.RATE:
        return "Set your hourly_rate with PATCH /coach/me."
    if missing is Missing.VERIFIED_ADDRESS:
        return (
            "Verify your e-mail address with the link that we mailed to you."
            " POST /auth/verify/resend sends another."
        )
    if coach.approval is Approval.DECLINED:
        why = (coach.decline_reason or "").rstrip(".")
        return f"We do not list you: {why}. Write to us once that has changed."
    return "Nothing: we review your profile and send you a mail."


def approve(coach_id: UUID, seen: Approval, reason: str = "") -> Coach:
    """Approve a coach, who is listed once every other step is done. Does nothing when repeated.

    Raises NotFound, and DecidedOtherwise if the coach's status is not the one that was `seen`.
    """
    coach = _locked(coach_id)
    if coach.approval is Approval.APPROVED:
        return coach
    _decide(coach, Approval.APPROVED, seen)
    coach.decline_reason = None
    audit.record("coach.approve", f"coach:{coach.id}", reason)
    db.session.flush()
    messages.coach_approved(coach.account, coach.missing)
    return coach


def decline(coach_id: UUID, seen: Approval, reason: str) -> Coach:
    """Decline a coach with a reason, or remove the coach from the list. Does nothing when repeated.

    Existing bookings stay as they are.

    Raises NotFound, and DecidedOtherwise if the coach's status is not the one that was `seen`.
    """
    coach = _locked(coach_id)
    if coach.approval is Approval.DECLINED:
        return coach
    was_listed = coach.is_listed
    _decide(coach, Approval.DECLINED, seen)
    coach.decline_reason = reason
    audit.record("coach.decline", f"coach:{coach.id}", reason)
    db.session.flush()
    messages.coach_declined(coach.account, reason, was_listed)
    return coach


def _locked(coach_id: UUID) -> Coach:
    """The coach's row, locked against concurrent decisions and bookings."""
    coach = Coach.locked(coach_id)
    if coach is None or coach.account.is_erased:
        raise NotFound("There is no such coach.")
    return coach


def _decide(coach: Coach, wanted: Approval, seen: Approval) -> None:
    if coach.approval is not seen:
        raise DecidedOtherwise(
            f"This coach is {coach.approval}, and not {seen}. Send current_status {coach.approval} to have"
            f" the coach {wanted} all the same.",
            current_status=coach.approval,
        )
    coach.approval = wanted
    alerts.withdraw(AlertKind.COACH, coach.id)


def selected(status: Approval | None) -> Select[Coach]:
    """Coaches for the operator. Of those pending, only coaches who have completed every other step."""
    query = select(Coach).join(Coach.account)
    if status is Approval.WAITING:
        return query.where(_is_waiting())
    query = query.where(Account.erased_at.is_(None))
    return query.where(Coach.approval == status) if status else query


def found(coach_id: UUID) -> Coach:
    """Raises NotFound."""
    coach = db.session.get(Coach, coach_id)
    if coach is None or coach.account.is_erased:
        raise NotFound("There is no such coach.")
    return coach


def count_waiting() -> int:
    """The number of coaches who wait for approval."""
    if not current_settings().coach_approval:
        return 0
    waiting = select(func.count()).select_from(Coach).join(Coach.account).where(_is_waiting())
    return db.session.scalar(waiting) or 0


def note_waiting() -> int:
    """Record an alert for each coach who waits for approval and has none yet. Returns how many."""
    if not current_settings().coach_approval:
        return 0
    noted = exists().where(Alert.kind == AlertKind.COACH, Alert.subject_id == cast(Coach.id, Text))
    query = select(Coach.id).join(Coach.account).where(_is_waiting(), ~noted)
    waiting: Sequence[UUID] = db.session.scalars(query.order_by(Coach.created_at).limit(MAX_NOTED)).all()
    alerts.record_each(
        AlertKind.COACH, [AlertText(each, f"Coach {each} waits to be approved") for each in waiting]
    )
    return len(waiting)


def _is_waiting() -> ColumnElement[bool]:
    """Whether approval is the only step left. A coach with an unverified address needs no review yet."""
    return and_(lacks_at_most_approval(), Coach.approval == Approval.WAITING)
