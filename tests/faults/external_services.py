"""Stripe and the mail server are broken, busy, slow, or cut the line after they have done the work."""

from collections.abc import Sequence

from sqlalchemy import text

from tests.faults.fault import Fault, Scene
from tests.faults.retrying_client import Caller
from tests.faults.traffic import address, registered
from tests.waiting import wait_until

WHILE = 3.0
"""Seconds that Stripe's trouble lasts; what is left of it then is over."""
LONGER_THAN_STRIPE_IS_WAITED_FOR = 12.0
LONGER_THAN_SMTP_IS_WAITED_FOR = 25.0


def stripe_fails(scene: Scene) -> None:
    """Its answer is kept under the idempotency key, though nothing was done."""
    _stripe(scene, status=500)


def stripe_fails_after_the_work(scene: Scene) -> None:
    _stripe(scene, status=500, after_work=True)


def stripe_is_busy(scene: Scene) -> None:
    _stripe(scene, status=429, retry_after_seconds=1)


def stripe_cuts_the_line(scene: Scene) -> None:
    """After it has done the work: asked again, it must not do it again."""
    _stripe(scene, close_connection=True, after_work=True)


def stripe_does_not_answer(scene: Scene) -> None:
    """And does the work all the same."""
    for path in ("/v1/checkout/sessions", "/v1/refunds"):
        scene.system.sandbox.control(
            "/faults", path=path, after_work=True, delay_seconds=LONGER_THAN_STRIPE_IS_WAITED_FOR, times=2
        )
    scene.let_trade(LONGER_THAN_STRIPE_IS_WAITED_FOR)


def _stripe(scene: Scene, **trouble: object) -> None:
    scene.system.sandbox.control("/faults", path="/v1/*", times=10, **trouble)
    scene.let_trade(WHILE)
    scene.system.sandbox.http.delete(f"{scene.system.sandbox.stripe_url}/_sandbox/faults").raise_for_status()


def smtp_refuses(scene: Scene) -> None:
    _smtp(scene, at="mail", reply="421 4.3.2 Not now", times=5)


def smtp_greylists(scene: Scene) -> None:
    _smtp(scene, at="rcpt", reply="451 4.7.1 Try again later", times=5)


def smtp_does_not_answer(scene: Scene) -> None:
    _smtp(scene, at="rcpt", reply="451 4.3.0 Late", delay_seconds=LONGER_THAN_SMTP_IS_WAITED_FOR, times=2)
    scene.let_trade(LONGER_THAN_SMTP_IS_WAITED_FOR)


def _smtp(scene: Scene, **trouble: object) -> None:
    scene.system.sandbox.mail_fails(**trouble)
    scene.let_trade(WHILE)


def smtp_knows_one_not(scene: Scene) -> None:
    """That mail fails at once, is not tried again, and shows; the others go their way."""
    nobody = address("client")
    scene.system.refused.add(nobody)
    scene.system.sandbox.mail_fails(at="rcpt", to=nobody, reply="550 5.1.1 No such user")
    with Caller(scene.system.url, scene.traffic.answers) as http:
        registered(http, "client", nobody)
    wait_until(lambda: _mails(scene, nobody) == ["failed"], 60)


def smtp_dies_after_data(scene: Scene) -> None:
    """It has the mail and nobody was told: only another try can tell, under the same Message-ID."""
    reader = address("client")
    scene.system.sandbox.mail_fails(at="data", to=reader, drop_after_data=True)
    with Caller(scene.system.url, scene.traffic.answers) as http:
        registered(http, "client", reader)
    with scene.system.database.connect() as rows:
        scene.system.in_flight |= set(
            rows.scalars(text("SELECT id FROM email WHERE recipient = :to"), {"to": reader})
        )


def _mails(scene: Scene, to: str) -> Sequence[str]:
    with scene.system.database.connect() as rows:
        return rows.scalars(text("SELECT status FROM email WHERE recipient = :to"), {"to": to}).all()


STRIPE_FAILS = Fault("Stripe answers 500", stripe_fails, turns_away=True)
STRIPE_FAILS_AFTER_THE_WORK = Fault(
    "Stripe answers 500 after it did the work", stripe_fails_after_the_work, turns_away=True
)
STRIPE_IS_BUSY = Fault("Stripe answers 429", stripe_is_busy, turns_away=True)
STRIPE_CUTS_THE_LINE = Fault(
    "Stripe cuts the line after it did the work", stripe_cuts_the_line, turns_away=True
)
SMTP_REFUSES = Fault("the mail server refuses", smtp_refuses)
SMTP_GREYLISTS = Fault("the mail server greylists", smtp_greylists)
SMTP_KNOWS_ONE_NOT = Fault("the mail server knows one recipient not", smtp_knows_one_not)
SMTP_DIES_AFTER_DATA = Fault("the mail server dies after DATA", smtp_dies_after_data)
STRIPE_DOES_NOT_ANSWER = Fault(
    "Stripe does the work and does not answer", stripe_does_not_answer, turns_away=True
)
SMTP_DOES_NOT_ANSWER = Fault("the mail server does not answer", smtp_does_not_answer)

STRIPE = [
    STRIPE_FAILS,
    STRIPE_FAILS_AFTER_THE_WORK,
    STRIPE_IS_BUSY,
    STRIPE_CUTS_THE_LINE,
]
SMTP = [
    SMTP_REFUSES,
    SMTP_GREYLISTS,
    SMTP_KNOWS_ONE_NOT,
    SMTP_DIES_AFTER_DATA,
]
SLOW = [
    STRIPE_DOES_NOT_ANSWER,
    SMTP_DOES_NOT_ANSWER,
]
