"""What an address of the API is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.stripe.objects import Json


@dataclass(frozen=True)
class Route:
    """A method and a path; `answer` gets the account, the checked parameters and the ids in the path.

    `for_connected` says whether the header Stripe-Account may ask it about a connected account.
    """

    method: str
    path: str
    params: type
    answer: Callable[..., Json]
    for_connected: bool = False


def route(method: str, path: str, wanted: Any, answer: Callable[..., Json]) -> Route:
    """A route below /v1."""
    return Route(method, f"/v1/{path}", wanted, answer)


def own_or_connected(path: str, wanted: Any, answer: Callable[..., Json]) -> Route:
    """A GET that can be asked about a connected account as well."""
    return Route("GET", f"/v1/{path}", wanted, answer, for_connected=True)


def retriever(kind: str, param: str | None = None) -> Callable[..., Json]:
    """The endpoint that gives an object of this kind by its id."""
    return lambda account, _params, object_id: account.store.get(kind, object_id, param)
