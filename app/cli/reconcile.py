"""`flask stripe reconcile`: compares Stripe's records with our books."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from uuid import uuid4

import click
from flask.cli import with_appcontext

from app.cli.errors import failing_on_one_line
from app.http.schema_types import instant_text
from app.observability import context
from app.payments.reconciliation import differences, run
from app.payments.reconciliation.progress import Reconciliation
from app.payments.reconciliation.windows import BadWindow, Stage, Window, asked
from app.payments.stripe import client as stripe_client

PATIENCE = 120.0
"""The longest Retry-After of Stripe that the command waits for, in seconds."""
OTHER_RUN = 15.0
"""Seconds that the command waits for another run to end, such as a short one of beat's."""
SHOWN = 50
STEPS = 100
"""Labels of the progress bar by stage."""


class _NotDone(click.ClickException):
    exit_code = 2


class _WindowType(click.ParamType[Window]):
    name = "time"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Window:
        try:
            return asked(value)
        except BadWindow as error:
            self.fail(str(error), param, ctx)


@click.command("reconcile")
@click.option(
    "--since",
    "window",
    type=_WindowType(),
    default="24h",
    show_default=True,
    help="24h, 7d, 2026-11-01 or a time with its offset.",
)
@with_appcontext
def reconcile_books(window: Window) -> None:
    """Compare Stripe's records with our books, and settle what can be settled automatically.

    Exits with 1 if differences remain, and with 2 if it was interrupted: run it again, and it continues.
    """
    with context.acting("operator", uuid4().hex), failing_on_one_line(_NotDone.exit_code):
        try:
            stages = _run_alone(window)
        except (run.AnotherAtWork, stripe_client.StripeRefused) as error:
            raise _NotDone(str(error)) from error
        except stripe_client.KeyRefused as error:
            raise _NotDone(error.reason) from error
        except stripe_client.StripeAway as error:
            raise _NotDone(f"{error.detail} Run it again: it continues where it stopped.") from error
        _sum_up(stages)
        if _list_differences():
            raise SystemExit(1)


def _run_alone(window: Window) -> Sequence[Reconciliation]:
    """Run once no other run is in progress. Raises AnotherAtWork if it does not end soon."""
    until = time.monotonic() + OTHER_RUN
    while True:
        try:
            return _run(window)
        except run.AnotherAtWork:
            if time.monotonic() > until:
                raise
        time.sleep(0.5)


def _run(window: Window) -> Sequence[Reconciliation]:
    with closing(run.run(window, PATIENCE)) as steps, _shown(window) as show:
        _say_if_it_goes_on(stages := next(steps))
        for stages in steps:
            show(stages)
    return stages


def _say_if_it_goes_on(stages: Sequence[Reconciliation]) -> None:
    began = min(row.started_at for row in stages)
    if any(row.is_done or row.point > row.since for row in stages):
        click.echo(f"Continues the run of {instant_text(began)}.")


@contextmanager
def _shown(window: Window) -> Iterator[Callable[[Sequence[Reconciliation]], None]]:
    """Progress as a bar on a terminal, as a line per stage in a log."""
    if not sys.stdout.isatty():
        yield _Lines().show
        return
    with click.progressbar(length=len(window.stages) * STEPS, label="Comparing") as bar:
        yield lambda stages: bar.update(int(sum(row.share for row in stages) * STEPS) - bar.pos)


class _Lines:
    def __init__(self) -> None:
        self._said: set[Stage] = set()

    def show(self, stages: Sequence[Reconciliation]) -> None:
        """Print the current stage once."""
        under_way = next((row.stage for row in stages if not row.is_done), None)
        if under_way and under_way not in self._said:
            self._said.add(under_way)
            click.echo(f"comparing {under_way} …")


def _sum_up(stages: Sequence[Reconciliation]) -> None:
    click.echo(f"\n{'':<20}{'compared':>10}{'settled':>10}{'differ':>10}")
    for row in stages:
        click.echo(f"{row.stage:<20}{row.seen:>10}{row.settled:>10}{row.differing:>10}")


def _list_differences() -> int:
    """Print the open differences. Returns their number."""
    count = differences.count_open()
    verb = "difference remains" if count == 1 else "differences remain"
    click.echo(f"\n{count} {verb}." if count else "\nStripe and our books agree.")
    for each in differences.latest_open(SHOWN):
        click.echo(f"  {each.kind} {each.stripe_id} (ours: {each.our_id or '-'})")
        click.echo(f"    Stripe says: {each.stripe_says}\n    we say:      {each.we_say}")
    if count > SHOWN:
        click.echo(f"  … and {count - SHOWN} more: GET /admin/difference")
    return count
