"""Every object of the account, by id and by kind."""

from sandbox.stripe.errors import Missing
from sandbox.stripe.objects import Json

# How Stripe names a kind and the parameter in "No such …: …", where it is not simply the kind and `id`.
TITLES = {
    "balance_transaction": "balance transaction",
    "payment_method": "PaymentMethod",
    "webhook_endpoint": "webhook endpoint",
}
PARAMS = {"payment_intent": "intent"}


class Store:
    """Objects in the order they came to be. Callers hold the account's lock."""

    def __init__(self) -> None:
        self._objects: dict[str, Json] = {}
        self._kinds: dict[str, dict[str, Json]] = {}

    def add(self, thing: Json) -> Json:
        """Keep the object and return it; from now on it is changed in place."""
        self._objects[thing["id"]] = thing
        self._kinds.setdefault(thing["object"], {})[thing["id"]] = thing
        return thing

    def find(self, object_id: str) -> Json | None:
        """The object of whatever kind, or None."""
        return self._objects.get(object_id)

    def get(self, kind: str, object_id: str, param: str | None = None) -> Json:
        """The object of this kind; raises Missing worded as Stripe words it, naming `param`."""
        found = self._kinds.get(kind, {}).get(object_id)
        if found is None:
            raise Missing(
                f"No such {TITLES.get(kind, kind)}: '{object_id}'",
                code="resource_missing",
                param=param or PARAMS.get(kind, "id"),
            )
        return found

    def newest_first(self, kind: str) -> list[Json]:
        """All objects of a kind, as Stripe's lists order them."""
        return list(reversed(self._kinds.get(kind, {}).values()))

    def remove(self, thing: Json) -> None:
        """Forget the object."""
        del self._objects[thing["id"]]
        del self._kinds[thing["object"]][thing["id"]]
