"""The one Stripe account that the sandbox plays: its objects and everything around them."""

import threading
from copy import copy
from typing import Self

from stripe import api_version

from sandbox.stripe.cards import Challenge
from sandbox.stripe.clock import Clock, Schedule
from sandbox.stripe.connect.links import Link
from sandbox.stripe.deliveries import Deliveries
from sandbox.stripe.delivery import Audience
from sandbox.stripe.faults import Faults
from sandbox.stripe.idempotency import IdempotencyKeys
from sandbox.stripe.objects import Json, new_id, shaped
from sandbox.stripe.payers import Instrument
from sandbox.stripe.postman import Postman
from sandbox.stripe.requestlog import RequestLog
from sandbox.stripe.settings import Settings
from sandbox.stripe.store import Store


class Account:
    """All state, in memory, under one lock: whoever reads or changes it holds `lock`.

    `acting_for` is the connected account whose store this is, or None for the shop's own.
    """

    acting_for: str | None = None

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lock = threading.RLock()
        self.id = new_id("acct", 16)
        self.application = new_id("ca", 32)
        self._postman = Postman(settings.delivery_timeout)
        self._open()

    def reset(self) -> None:
        """Forget everything, and stand there as when the process started."""
        with self.lock:
            self.deliveries.drain()
            self._open()

    def run_due(self) -> None:
        """Do what the clock says is due."""
        with self.lock:
            self.schedule.run_due()

    def open_connected(self, account_id: str) -> None:
        """Give a new connected account a store of its own."""
        self.connected[account_id] = Store()

    def seen_by(self, account_id: str) -> Self:
        """This account's world with the store of one of its connected accounts; the rest is shared."""
        other = copy(self)
        other.acting_for, other.store = account_id, self.connected[account_id]
        return other

    def find(self, object_id: str) -> Json | None:
        """The object of whatever kind and whoever's account."""
        stores = (self.platform_store, *self.connected.values())
        return next((found for store in stores if (found := store.find(object_id))), None)

    def _open(self) -> None:
        self.clock = Clock()
        self.opened = self.clock.now()
        self.store = self.platform_store = Store()
        self.connected: dict[str, Store] = {}  # by account: what is its own
        self.links: dict[str, Link] = {}  # by token: invitations to onboarding
        self.schedule = Schedule(self.clock)
        self.pace = self.settings.pace
        self.api_version: str = api_version  # the account's default, in which its events are listed
        self.methods_on = ["card", "sepa_debit"]  # payment methods, in the dashboard
        self.keys = IdempotencyKeys(self.clock)
        self.faults = Faults()
        self.log = RequestLog()
        self.deliveries = Deliveries(self.settings, self.store, self.lock, self._postman, self.find)
        self.line_items: dict[str, list[Json]] = {}  # by checkout session
        self.intent_data: dict[str, Json] = {}  # by checkout session: what its payment intent will get
        self.challenges: dict[str, Challenge] = {}  # by payment intent: a 3-D Secure step under way
        self.instruments: dict[str, Instrument] = {}  # by charge: decides what becomes of it later
        self._register_webhook()

    def _register_webhook(self) -> None:
        endpoint = shaped(
            "webhook_endpoint",
            id=new_id("we"),
            api_version=api_version,
            created=self.clock.now(),
            description="CultureBridge, as PUBLIC_URL and STRIPE_WEBHOOK_SECRET say",
            enabled_events=["*"],
            url=self.settings.webhook_url,
        )
        self.store.add(endpoint)
        self.deliveries.register(endpoint, self.settings.webhook_secret, Audience.ALL)
