"""What the world outside knows: Stripe's objects and deliveries, and the mails that arrived."""

from collections import Counter, defaultdict
from typing import Any

from app.payments.webhook.inbox import SUBSCRIBED
from tests.people import Sandbox

Json = dict[str, Any]
KEY = {"Authorization": "Bearer sk_test_sandbox"}
PAGE = 100


def listed(sandbox: Sandbox, path: str, *expand: str) -> list[Json]:
    """All of Stripe's objects of a kind."""
    found: list[Json] = []
    while True:
        params: dict[str, Any] = {"limit": PAGE} | {f"expand[{n}]": each for n, each in enumerate(expand)}
        if found:
            params["starting_after"] = found[-1]["id"]
        page = sandbox.http.get(f"{sandbox.stripe_url}/v1/{path}", params=params, headers=KEY).json()
        found += page["data"]
        if not page["has_more"]:
            return found


def paid_sessions(sandbox: Sandbox) -> list[Json]:
    """With what of each went back, as `returned`."""
    returned: Counter[str] = Counter()
    for refund in listed(sandbox, "refunds"):
        if refund["status"] in {"succeeded", "pending"}:
            returned[refund["payment_intent"]] += refund["amount"]
    sessions = listed(sandbox, "checkout/sessions")
    paid = [each for each in sessions if each["payment_status"] == "paid"]
    return [each | {"returned": returned[each["payment_intent"]]} for each in paid]


def deliveries(sandbox: Sandbox) -> dict[str, list[Json]]:
    """Of each event that a shop would ask for, by its id."""
    found = sandbox.http.get(f"{sandbox.stripe_url}/_sandbox/deliveries").json()["deliveries"]
    by_event: defaultdict[str, list[Json]] = defaultdict(list)
    for each in found:
        if each["type"] in SUBSCRIBED:
            by_event[each["event"]].append(each)
    return by_event


def is_taken(tries: list[Json]) -> bool:
    """Whether an event was answered with 2xx."""
    return any(each["state"] == "delivered" for each in tries)


def answered(tries: list[Json]) -> Counter[int | None]:
    """What each attempt was answered; None is no answer."""
    return Counter(attempt["status"] for each in tries for attempt in each["attempts"])


class Post:
    """All mails that ever arrived; the mailbox itself forgets the oldest."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.seen: dict[int, str] = {}

    def arrived(self) -> Counter[str]:
        """How often each Message-ID did."""
        mails = self._sandbox.http.get(f"{self._sandbox.mailbox_url}/api/messages").json()["items"]
        self.seen |= {mail["id"]: mail["message_id"] for mail in mails}
        return Counter(self.seen.values())
