"""Sweeps: each walks over all due rows of its kind in portions, and enqueues a job for each row.

The job for the next portion is on the queue behind the jobs of the previous one. So a walk goes as fast as
the workers, keeps at most one portion on the queue, and finds no row twice. A row whose job has to wait, such
as for Stripe, stays due until the next walk and does not block others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from app.config.settings import current_settings
from app.extensions import Base, db, now
from app.queue.enqueue import MAX_WAITING, enqueue_behind, enqueue_directly, joined, waiting_for
from app.queue.names import TaskNames

PORTION = 500
SILENT_INTERVALS = 6
"""After this many intervals without a turn, beat resumes a walk, whose next job may be lost."""


class Sweep(Base):
    """The progress of a sweep's walk."""

    __tablename__ = "sweep"

    task: Mapped[str] = mapped_column(primary_key=True)
    turn: Mapped[int] = mapped_column(default=0)
    """The number of the last portion. The job for the next one carries it, and any other is outdated."""
    until: Mapped[datetime | None]
    """The walk covers what was due by then; None while no walk is under way."""
    last_due_at: Mapped[datetime | None]
    """When the last row of the last portion was due."""
    last_id: Mapped[str | None]
    """The key of that row."""
    turned_at: Mapped[datetime] = mapped_column(default=now)

    @classmethod
    def locked(cls, task: TaskNames) -> Self:
        """The sweep's row, locked until the transaction ends: one run at a time."""
        query = select(cls).where(cls.task == task).with_for_update()
        query = query.execution_options(populate_existing=True)
        found = db.session.scalar(query)
        if found is None:
            db.session.execute(insert(cls).values(task=task).on_conflict_do_nothing())
            found = db.session.scalars(query).one()
        return found

    @property
    def is_silent(self) -> bool:
        interval = timedelta(seconds=current_settings().requeue_interval_seconds)
        return self.turned_at < now() - SILENT_INTERVALS * interval

    def advance(self, last: "Due") -> None:
        """Record the last row of a portion."""
        self.turn += 1
        self.last_id, self.last_due_at, self.turned_at = str(last.key), last.due_at, now()

    def end(self) -> None:
        self.until = self.last_id = self.last_due_at = None


class Due(NamedTuple):
    """A due row."""

    key: Any
    due_at: datetime


@dataclass(frozen=True)
class DueRows:
    """The due rows of one kind, the longest due first."""

    key: InstrumentedAttribute[Any]
    due_at: InstrumentedAttribute[Any]
    which: tuple[ColumnElement[bool], ...] = ()

    def ids(self, most: int, by: datetime | None = None) -> Sequence[Any]:
        """The keys of those due by then, or now."""
        return [row.key for row in self._rows(most, by or now())]

    def after(self, sweep: Sweep, by: datetime, most: int) -> Sequence[Due]:
        """Keys and times of those that follow the sweep's last row."""
        if sweep.last_id is None:
            return self._rows(most, by)
        last_id = self.key.type.python_type(sweep.last_id)
        return self._rows(most, by, tuple_(self.due_at, self.key) > tuple_(sweep.last_due_at, last_id))

    def _rows(self, most: int, by: datetime, *also: ColumnElement[bool]) -> Sequence[Due]:
        query = select(self.key, self.due_at).where(*self.which, self.due_at <= by, *also)
        found = db.session.execute(query.order_by(self.due_at, self.key).limit(most))
        return [Due(*row) for row in found]


def walk(task: TaskNames, job: TaskNames, due: DueRows, turn: str) -> int:
    """Enqueue one job for each row of the next portion. Returns their number. Raises BrokerAway.

    `turn` is empty for beat's job, which begins a walk if none is under way. The caller commits. If a worker
    dies here, the walk stays where it was, and the portion is enqueued again: its jobs claim their rows.
    """
    sweep = Sweep.locked(task)
    if not _has_turn(sweep, job, turn):
        return 0
    by = sweep.until or now()
    rows = due.after(sweep, by, PORTION)
    if not rows:
        sweep.end()
        return 0
    for task_of_rows, ids in joined((job, (str(row.key),)) for row in rows):
        enqueue_directly(task_of_rows, *ids)
    sweep.until = by
    sweep.advance(rows[-1])
    enqueue_behind(job, task, str(sweep.turn))  # a worker that is too early waits for the lock
    return len(rows)


def _has_turn(sweep: Sweep, job: TaskNames, turn: str) -> bool:
    if sweep.until is None:
        return not turn
    if turn:
        return turn == str(sweep.turn)
    return sweep.is_silent and waiting_for(job) < MAX_WAITING
