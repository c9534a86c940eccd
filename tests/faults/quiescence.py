"""Waiting until nothing is under way: deliveries, events, refunds and mails are all done."""

import subprocess

from sqlalchemy import Connection, text

from sandbox.environment import ROOT
from tests.faults import external_state
from tests.faults.system import System
from tests.faults.traffic import Traffic
from tests.waiting import wait_until

PATIENCE = 120.0
LOOK_SECONDS = 0.25
CALM_LOOKS = 3
MOMENTS = 60
LOOKS_AT_THE_LIVING = 80
LOOKS_UNTIL_HELPED = 4
LEASES_RUN_OUT = """
UPDATE stripe_event SET due_at = now() WHERE status = 'received' AND due_at > now();
UPDATE refund SET due_at = now() WHERE status = 'pending' AND stripe_refund_id IS NULL AND due_at > now();
UPDATE email SET due_at = now() WHERE status = 'queued' AND due_at > now();
"""
CLAIMS_OF_THE_DEAD = """
UPDATE email SET due_at = now()
WHERE status = 'sending' AND due_at > now() AND due_at - interval '5 minutes' < :died
"""
UNDER_WAY = """
SELECT (SELECT count(*) FROM stripe_event WHERE status = 'received')
     + (SELECT count(*) FROM email WHERE status IN ('queued', 'sending'))
     + (SELECT count(*) FROM refund WHERE status = 'pending')
"""

LEFT = """
SELECT 'event', id, type, attempts, due_at, last_error FROM stripe_event WHERE status = 'received'
UNION ALL SELECT 'email', id::text, kind, attempts, due_at, last_error FROM email
WHERE status IN ('queued', 'sending')
UNION ALL SELECT 'refund', id::text, status, attempts, due_at, last_error FROM refund WHERE status = 'pending'
"""


class Restless(AssertionError):
    """Something never came to an end: says what, and shows the logs."""

    def __init__(self, system: System) -> None:
        with system.database.connect() as rows:
            left = [str(row) for row in rows.execute(text(LEFT))]
        super().__init__("\n".join([system.read_logs(), "Still under way:", *left]))


def rest(system: System, traffic: Traffic) -> None:
    """Let the visits under way end, and wait until all that they set off is done.

    Leases of minutes and pauses between tries are let run out at once; beat's sweeps do the rest.
    """
    traffic.pause()
    wait_until(system.is_ready, PATIENCE, every=0.2)
    wait_until(traffic.is_quiet, PATIENCE)
    looks = Looks(system)
    try:
        wait_until(looks.are_calm, PATIENCE, every=LOOK_SECONDS)
    except AssertionError:
        raise Restless(system) from None


class Looks:
    """One look after the other at a system that comes to rest, helping it on now and then."""

    def __init__(self, system: System) -> None:
        self._plant = system
        self._looks = self._calm = 0

    def are_calm(self) -> bool:
        """Several in a row: a job that leaves no row may have something happen at Stripe."""
        self._looks += 1
        self._calm = self._calm + 1 if self._is_calm() else 0
        return self._calm >= CALM_LOOKS

    def _is_calm(self) -> bool:
        if _is_about_to_happen(self._plant):
            return False
        with self._plant.database.begin() as rows:
            known = set(rows.scalars(text("SELECT id FROM stripe_event")))
            if rows.scalar(text(UNDER_WAY)):
                self._help_rows(rows)
                return False
        deliveries = external_state.deliveries(self._plant.sandbox)
        unheard = {event: tries for event, tries in deliveries.items() if event not in known}
        if unheard and self._is_time_to_help():
            _help(self._plant, unheard)
        return not unheard

    def _is_time_to_help(self) -> bool:
        return self._looks % LOOKS_UNTIL_HELPED == 0

    def _help_rows(self, rows: Connection) -> None:
        if self._is_time_to_help():
            let_pauses_run_out(self._plant)
        _release_claims_of_the_dead(self._plant, rows, self._looks)


def _is_about_to_happen(system: System) -> bool:
    """Whether Stripe does something by itself within moments, as it settles a charge."""
    clock = system.sandbox.http.get(f"{system.sandbox.stripe_url}/_sandbox/clock").json()
    return clock["next_at"] is not None and clock["next_at"] < clock["now"] + MOMENTS


def let_pauses_run_out(system: System) -> None:
    """What is to be tried again later may be tried now; what somebody claimed, somebody else may claim."""
    with system.database.begin() as rows:
        rows.execute(text(LEASES_RUN_OUT))


def _release_claims_of_the_dead(system: System, rows: Connection, look: int) -> None:
    """What a mailer that outlived the database has still to say, it says first."""
    for died in (system.mailer_died, system.database_died if look > LOOKS_AT_THE_LIVING else None):
        if died:
            rows.execute(text(CLAIMS_OF_THE_DEAD), {"died": died})


def _help(system: System, unheard: dict[str, list[external_state.Json]]) -> None:
    """Stripe tries again now, and not after its pause; what it will not send any more is looked up there."""
    not_taken = [event for event, tries in unheard.items() if not external_state.is_taken(tries)]
    for event in not_taken:
        if unheard[event][0]["attempts"]:  # else it is on its way
            system.sandbox.control(f"/events/{event}/resend")
    if not not_taken:
        reconcile(system)


def reconcile(system: System) -> "subprocess.CompletedProcess[str]":
    """Stripe's word and our books, compared by the operator's command."""
    command = ["flask", "--app", "wsgi", "stripe", "reconcile", "--since", "1h"]
    return subprocess.run(command, cwd=ROOT, env=system.environ, capture_output=True, text=True, check=False)
