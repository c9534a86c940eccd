"""Two thousand people a minute sign in: how long do they wait, and how long the others meanwhile?"""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlencode

from sqlalchemy import update

from app.accounts import password_hashing
from app.accounts.models import Account
from app.config.settings import Settings
from app.extensions import db
from bench import asking, deliveries, free_times, people, sign_ins
from bench.arrivals import at_pace, share
from bench.findings import Finding, Limit, Series
from bench.people import coach_id
from bench.sign_ins import A_SECOND, PASSWORD, SHARES
from bench.web import Web, running

OTHERS_A_SECOND = 20
Errand = Callable[[], object]


@dataclass
class Waits:
    """Seconds, of each errand of a kind, round by round."""

    with_logins: list[Sequence[float]] = field(default_factory=list)
    without: list[Sequence[float]] = field(default_factory=list)

    def findings(self, name: str) -> Iterator[Finding]:
        for said, part in SHARES.items():
            meanwhile = Series([1000 * share(each, part) for each in self.with_logins], "ms")
            alone = Series([1000 * share(each, part) for each in self.without], "ms")
            yield Finding("logins", f"{name}, {said}", meanwhile, Limit("without logins", alone))


class Visitors:
    """Those who do something else, each kind in its turn."""

    def __init__(self, web: Web, badges: Sequence[str]) -> None:
        self._port, self._badges = web.port, badges
        self._wishes = itertools.count()
        self._secret = Settings.load().stripe_webhook_secret[0]

    def errands(self, count: int) -> dict[str, list[Errand]]:
        """So many of each kind, made ready before anybody waits."""
        today = datetime.now(UTC).replace(microsecond=0)
        week = {"from": today.isoformat(), "to": (today + timedelta(days=7)).isoformat()}
        times = f"/coach/{coach_id(0)}/slot?{urlencode({**week, 'duration_minutes': 60})}"
        payloads = deliveries.paid_sessions(count)
        return {
            "GET /coach": [partial(asking.ask, self._port, "GET", "/coach", {})] * count,
            "GET /coach/…/slot": [partial(asking.ask, self._port, "GET", times, {})] * count,
            "POST /payment/webhook": [self._delivery(payload) for payload in payloads],
            "POST /booking": [self._booking(next(self._wishes)) for _ in range(count)],
        }

    def _delivery(self, payload: str) -> Errand:
        headers = {**asking.JSON, "Stripe-Signature": deliveries.signature(payload, self._secret)}
        return partial(asking.ask, self._port, "POST", "/payment/webhook", headers, payload)

    def _booking(self, number: int) -> Errand:
        me, wish = asking.signed_in(self._badges[number]), json.dumps(free_times.wish(number))
        return partial(asking.ask, self._port, "POST", "/booking", me, wish)


def compare(rounds: int, seconds: int) -> list[Finding]:
    """The others alone and beside the logins, in turns."""
    count = OTHERS_A_SECOND * seconds // 4
    business = free_times.business((2 * rounds + 1) * count)
    waits: dict[str, Waits] = {}
    logins: list[sign_ins.Round] = []
    with running() as web:
        visitors = Visitors(web, people.badges(web.app, business))
        _let_sign_in(web)
        clients = itertools.cycle(range(business.clients))
        _visited(visitors.errands(count))  # what they load at first is in memory then
        for _ in range(rounds):
            for name, took in _visited(visitors.errands(count)).items():
                waits.setdefault(name, Waits()).without.append(took)
            coming = [next(clients) for _ in range(int(A_SECOND * seconds))]
            hashes = sign_ins.hashes_a_second()
            with ThreadPoolExecutor(1) as pool:
                signing_in = pool.submit(sign_ins.sign_in, web.port, coming, hashes)
                for name, took in _visited(visitors.errands(count)).items():
                    waits[name].with_logins.append(took)
                logins.append(signing_in.result())
    return [
        *sign_ins.findings(logins),
        *(finding for name, each in waits.items() for finding in each.findings(name)),
    ]


def _let_sign_in(web: Web) -> None:
    with web.app.app_context():
        db.session.execute(update(Account).values(password_hash=password_hashing.hashed(PASSWORD)))
        db.session.commit()


def _visited(errands: Mapping[str, Sequence[Errand]]) -> dict[str, Sequence[float]]:
    in_turn = [errand for each in zip(*errands.values(), strict=True) for errand in each]
    took = at_pace(in_turn, OTHERS_A_SECOND)
    return {name: took[place :: len(errands)] for place, name in enumerate(errands)}
