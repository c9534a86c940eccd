"""The progress of a reconciliation: a row per window and stage, so that an interrupted run continues."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, db, enum_column, now
from app.payments.models import Dispute, Payment, Refund
from app.payments.reconciliation.windows import BEGINNING, EVENTS_KEPT, NAMES_OF_BEAT, Stage, Window

GOES_ON_WITHIN = timedelta(hours=1)
"""A run that was interrupted for longer starts again, because its findings are stale."""
MADE = {
    Stage.UNDELIVERED: Payment.created_at,
    Stage.EVENTS: Payment.created_at,
    Stage.SESSIONS: Payment.created_at,
    Stage.INTENTS: Payment.created_at,
    Stage.REFUNDS: Refund.created_at,
    Stage.DISPUTES: Dispute.created_at,
}
"""When our rows of a stage's list were created: their number tells how long the list is."""


class ReconciliationStatus(StrEnum):
    RUNNING = "running"
    DONE = "done"


class Reconciliation(Base):
    """One stage of the last run over a window."""

    __tablename__ = "reconciliation"

    name: Mapped[str] = mapped_column(primary_key=True)
    """The window's."""
    stage: Mapped[Stage] = mapped_column(enum_column(Stage, "stage"), primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    point: Mapped[datetime]
    """Everything created before it has been compared."""
    status: Mapped[ReconciliationStatus] = mapped_column(enum_column(ReconciliationStatus))
    seen: Mapped[int] = mapped_column(default=0)
    settled: Mapped[int] = mapped_column(default=0)
    """The number of settled differences."""
    differing: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = mapped_column(default=now)
    """When its run began."""
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    finished_at: Mapped[datetime | None]

    @property
    def is_done(self) -> bool:
        return self.status is ReconciliationStatus.DONE

    @property
    def share(self) -> float:
        """The finished fraction, from 0 to 1."""
        whole = (self.until - self.since).total_seconds()
        return 1.0 if self.is_done or not whole else (self.point - self.since).total_seconds() / whole


def begin(window: Window) -> Sequence[Reconciliation]:
    """The stages of a run in order: those of a recently interrupted one, or new ones."""
    before = {row.stage: row for row in _rows(window)}
    if not _goes_on(before, window):
        for stage in window.stages:
            db.session.merge(_anew(window, stage))
    elif not window.is_of_beat:  # beat's next run compares newer objects: this one, in turns, would never end
        for row in before.values():
            _extend(row, window)
    db.session.flush()
    return sorted(_rows(window), key=lambda row: list(Stage).index(row.stage))


def advance(row: Reconciliation, point: datetime, seen: int, settled: int, differing: int) -> Reconciliation:
    """Record that everything before `point` has been compared."""
    is_done = point >= row.until
    moved = db.session.scalar(
        update(Reconciliation)
        .where(Reconciliation.name == row.name, Reconciliation.stage == row.stage)
        .values(
            point=point,
            seen=Reconciliation.seen + seen,
            settled=Reconciliation.settled + settled,
            differing=Reconciliation.differing + differing,
            status=ReconciliationStatus.DONE if is_done else ReconciliationStatus.RUNNING,
            finished_at=func.now() if is_done else None,
        )
        .returning(Reconciliation)
        .execution_options(populate_existing=True)
    )
    assert moved, "begin() made it"
    return moved


def _rows(window: Window) -> Sequence[Reconciliation]:
    return db.session.scalars(
        select(Reconciliation)
        .where(Reconciliation.name == window.name, Reconciliation.stage.in_(window.stages))
        .execution_options(populate_existing=True)
    ).all()


def _goes_on(before: dict[Stage, Reconciliation], window: Window) -> bool:
    unfinished = [row for row in before.values() if not row.is_done]
    return (
        before.keys() == set(window.stages)
        and bool(unfinished)
        and max(row.updated_at for row in before.values()) > now() - GOES_ON_WITHIN
    )


def _extend(row: Reconciliation, window: Window) -> None:
    """Extend the run to objects created since it began."""
    _, until = window.span(row.stage)
    if until > row.until:
        row.until, row.status, row.finished_at = until, ReconciliationStatus.RUNNING, None
    if row.stage is Stage.STUCK_EVENTS:  # more may be stuck by now, and this asks Stripe nothing
        row.point = row.since


def _span(window: Window, stage: Stage) -> tuple[datetime, datetime]:
    """The range of a stage. Beat's runs compare what none of them has compared, and a limited part again."""
    since, until = window.span(stage)
    compared = _compared_until(stage)
    if window.again is not None and compared:
        since = min(max(since, _latest(stage, window.again)), compared)
    if stage in {Stage.EVENTS, Stage.UNDELIVERED}:
        since = max(since, until - EVENTS_KEPT)
    return since, until


def _compared_until(stage: Stage) -> datetime | None:
    """How far beat's runs have come; an unfinished run has compared what is before its point."""
    of_it = Reconciliation.stage == stage, Reconciliation.name.in_(NAMES_OF_BEAT)
    return db.session.scalar(select(func.max(Reconciliation.point)).where(*of_it))


def _latest(stage: Stage, most: int) -> datetime:
    """When the first of the latest rows of a stage was created; BEGINNING if there are fewer."""
    if stage not in MADE:
        return BEGINNING
    made = MADE[stage]
    first = select(made).order_by(made.desc()).offset(most - 1).limit(1)
    return db.session.scalar(first) or BEGINNING


def _anew(window: Window, stage: Stage) -> Reconciliation:
    since, until = _span(window, stage)
    return Reconciliation(
        name=window.name,
        stage=stage,
        since=since,
        until=until,
        point=since,
        status=ReconciliationStatus.RUNNING if since < until else ReconciliationStatus.DONE,
        seen=0,
        settled=0,
        differing=0,
        started_at=now(),
        updated_at=now(),
        finished_at=None,
    )
