"""Brings events to webhook endpoints: in the background, signed, with retries, and as the rule says."""

import itertools
import threading
import time
from collections.abc import Callable

from sandbox.stripe.delivery import Audience, Delivery, State
from sandbox.stripe.lanes import Lane
from sandbox.stripe.objects import Json
from sandbox.stripe.postman import Attempt, Postman
from sandbox.stripe.rules import Mode, Order, Rule
from sandbox.stripe.settings import Settings
from sandbox.stripe.store import Store


class Deliveries:
    """Everything sent or to be sent. The lock is the account's; posting happens outside it."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        lock: "threading.RLock",
        postman: Postman,
        find: Callable[[str], Json | None],
    ) -> None:
        self._settings = settings
        self._find = find  # an event, whoever's account it is of
        self._store = store
        self._postman = postman
        self._stopped = False
        self._posting = 0
        self._changed = threading.Condition(lock)
        self._lanes: dict[str, Lane] = {}
        self._by_event: dict[str, list[Delivery]] = {}
        self.rule = Rule()
        self._secrets: dict[str, str] = {}  # of the endpoints; Stripe shows one only at creation
        self._audiences: dict[str, Audience] = {}

    def register(self, endpoint: Json, secret: str, audience: Audience) -> None:
        """Sign what is sent to the endpoint with this secret, and send it what it is for."""
        self._secrets[endpoint["id"]] = secret
        self._audiences[endpoint["id"]] = audience

    @property
    def secrets(self) -> list[str]:
        """Those of the endpoints that there are."""
        return sorted({self._secrets[each["id"]] for each in self._store.newest_first("webhook_endpoint")})

    def send(self, event: Json) -> None:
        """Send a new event to everyone who asked for its type, as the rule in force says."""
        endpoints = [
            each for each in self._store.newest_first("webhook_endpoint") if self._wants(each, event)
        ]
        event["pending_webhooks"] = len(endpoints)
        for endpoint in endpoints:
            self._send(event, endpoint)

    def resend(self, event: Json) -> None:
        """Send an event once more, whatever the rule."""
        for endpoint in self._store.newest_first("webhook_endpoint"):
            if self._wants(endpoint, event):
                self._start(self._record(event, endpoint), 0)

    def release(self, order: Order, times: int = 1) -> int:
        """Send what is held, one after another in this order, each `times` times; how many were held."""
        held = [each for each in self.newest_first() if each.state is State.HELD][::-1]
        for endpoint, group in itertools.groupby(sorted(held, key=_endpoint), key=_endpoint):
            self._send_in_turn(endpoint, order.arrange(list(group)), times)
        return len(held)

    def newest_first(self) -> list[Delivery]:
        """All deliveries."""
        return [each for group in self._by_event.values() for each in group][::-1]

    def of(self, event_id: str) -> list[Delivery]:
        """The deliveries of one event, oldest first."""
        return list(self._by_event.get(event_id, []))

    def wait_until_answered(self, event_id: str, timeout: float) -> None:
        """Return once every endpoint has answered (or failed) its first attempt, or time is up."""
        with self._changed:
            self._changed.wait_for(
                lambda: not any(each.unanswered for each in self._by_event.get(event_id, [])), timeout
            )

    def post_now(self, event: Json, endpoint: Json) -> Attempt:
        """Post the event here and now, past all queues, and return what was answered."""
        with self._changed:
            secret = self._secrets[endpoint["id"]]
            delivery = self._record(event, endpoint)
            event = _written_for(endpoint, event)
            self._posting += 1
        attempt = self._post(delivery, secret, event)
        with self._changed:
            self._note(delivery, attempt)
            delivery.state = State.DELIVERED if attempt.succeeded else State.FAILED
        return attempt

    def stop(self) -> None:
        """Send nothing more, and let the threads end."""
        with self._changed:
            self._stopped = True
            for lane in self._lanes.values():
                lane.stop()

    def drain(self) -> None:
        """Stop, and return once nothing is on its way any more: no straggler arrives afterwards."""
        self.stop()
        with self._changed:
            self._changed.wait_for(lambda: self._posting == 0, self._settings.delivery_timeout)

    def _wants(self, endpoint: Json, event: Json) -> bool:
        chosen = endpoint["enabled_events"]
        asked = endpoint["status"] == "enabled" and ("*" in chosen or event["type"] in chosen)
        return asked and self._audiences[endpoint["id"]].includes(event)

    def _send(self, event: Json, endpoint: Json) -> None:
        match self.rule.mode_for(event["type"]):
            case Mode.DROP:
                self._record(event, endpoint, State.DROPPED)
            case Mode.HOLD:
                self._record(event, endpoint, State.HELD)
            case Mode.REORDER:
                self._record(event, endpoint, State.HELD)
                self._release_when_full(endpoint["id"])
            case Mode.DELAY:
                self._start(self._record(event, endpoint), self.rule.seconds)
            case Mode.DUPLICATE:
                for _ in range(self.rule.times):
                    self._start(self._record(event, endpoint), 0)
            case _:
                self._start(self._record(event, endpoint), 0)

    def _release_when_full(self, endpoint_id: str) -> None:
        held = [
            each for each in self.newest_first() if each.state is State.HELD and each.endpoint == endpoint_id
        ]
        if len(held) >= self.rule.batch:
            self._send_in_turn(endpoint_id, self.rule.order.arrange(held[::-1]), 1)
        elif len(held) == 1:
            self._lane(endpoint_id).put(self.rule.seconds, lambda: self._release_late(endpoint_id))

    def _release_late(self, endpoint_id: str) -> None:
        with self._changed:
            held = [each for each in self.newest_first() if each.state is State.HELD]
            mine = [each for each in held if each.endpoint == endpoint_id][::-1]
            if self.rule.mode is Mode.REORDER:
                self._send_in_turn(endpoint_id, self.rule.order.arrange(mine), 1)

    def _record(self, event: Json, endpoint: Json, state: State = State.WAITING) -> Delivery:
        delivery = Delivery(event["id"], event["type"], endpoint["id"], endpoint["url"], state)
        self._by_event.setdefault(event["id"], []).append(delivery)
        return delivery

    def _lane(self, endpoint_id: str) -> Lane:
        return self._lanes.setdefault(endpoint_id, Lane())

    def _start(self, delivery: Delivery, pause: float) -> None:
        delivery.state = State.WAITING
        delivery.next_attempt_at = time.time() + pause
        self._lane(delivery.endpoint).put(pause, lambda: self._attempt(delivery))

    def _send_in_turn(self, endpoint_id: str, deliveries: list[Delivery], times: int) -> None:
        """On one thread, as several at once would arrive in any order."""
        for delivery in deliveries:
            delivery.state = State.WAITING

        def each_in_turn() -> None:
            for delivery in deliveries:
                for _ in range(times):
                    self._attempt(delivery)

        self._lane(endpoint_id).put(0, each_in_turn)

    def _attempt(self, delivery: Delivery) -> None:
        with self._changed:
            endpoint = self._store.find(delivery.endpoint)
            event = self._find(delivery.event)
            if self._stopped:
                return
            if endpoint is None or event is None or endpoint["status"] != "enabled":
                delivery.state = State.FAILED
                self._changed.notify_all()
                return
            secret, payload = self._secrets[delivery.endpoint], _written_for(endpoint, event)
            self._posting += 1
        attempt = self._post(delivery, secret, payload)
        with self._changed:
            self._note(delivery, attempt)
            self._retry_or_end(delivery, attempt)

    def _post(self, delivery: Delivery, secret: str, event: Json) -> Attempt:
        """Outside the lock; the caller has counted it in while holding it."""
        try:
            return self._postman.post(delivery.url, secret, event)
        finally:
            with self._changed:
                self._posting -= 1
                self._changed.notify_all()

    def _note(self, delivery: Delivery, attempt: Attempt) -> None:
        delivery.attempts.append(attempt)
        event = self._find(delivery.event)
        first_success = attempt.succeeded and not any(
            each.state is State.DELIVERED and each.endpoint == delivery.endpoint
            for each in self.of(delivery.event)
        )
        if event is not None and first_success:
            event["pending_webhooks"] = max(0, event["pending_webhooks"] - 1)
        self._changed.notify_all()

    def _retry_or_end(self, delivery: Delivery, attempt: Attempt) -> None:
        pauses = self._settings.retry_pauses
        if attempt.succeeded:
            delivery.state, delivery.next_attempt_at = State.DELIVERED, None
        elif delivery.state is State.DELIVERED:
            return  # a repetition failed, the event had arrived
        elif len(delivery.attempts) <= len(pauses):
            self._start(delivery, pauses[len(delivery.attempts) - 1])
        else:
            delivery.state, delivery.next_attempt_at = State.FAILED, None


def _written_for(endpoint: Json, event: Json) -> Json:
    """In the endpoint's version of the API, or the account's (Stripe: "Webhook versioning"); the sandbox
    knows one shape only, so that just the name of the version differs."""
    return {**event, "api_version": endpoint["api_version"] or event["api_version"]}


def _endpoint(delivery: Delivery) -> str:
    return delivery.endpoint
