"""Lists of objects: filters, cursors, pages (Stripe: "Pagination")."""

from collections.abc import Callable
from typing import Any

from sandbox.stripe.account import Account
from sandbox.stripe.errors import InvalidParameter, Missing
from sandbox.stripe.objects import Json

Endpoint = Callable[..., Json]
Test = Callable[[Account, Json, Any], bool]

BOUNDS: dict[str, Callable[[int, int], bool]] = {
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
}
PAGING = {"limit", "starting_after", "ending_before", "expand"}
DEFAULT_LIMIT = 10


def lister(kind: str, url: str, **tests: Test) -> Endpoint:
    """The list endpoint of a kind: newest first; a parameter filters by its test, or else by equality."""

    def endpoint(account: Account, params: Json) -> Json:
        filters = [
            (tests.get(name) or (_created if name == "created" else _same(name)), wanted)
            for name, wanted in params.items()
            if name not in PAGING
        ]

        def fits(thing: Json) -> bool:
            return all(test(account, thing, wanted) for test, wanted in filters)

        return page(account.store.newest_first(kind), params, url, kind, fits)

    return endpoint


def page(
    things: list[Json],
    params: Json,
    url: str,
    kind: str = "object",
    fits: Callable[[Json], bool] = lambda _: True,
) -> Json:
    """The list object with the part of `things` that cursor and limit ask for, of those that fit.

    The cursor itself need not fit, as it may have changed since the page before.
    """
    limit = _limit(params)
    if "starting_after" in params and "ending_before" in params:
        raise InvalidParameter(
            "You may only specify one of these parameters: starting_after, ending_before.",
            code="parameters_exclusive",
        )
    first, last = 0, len(things)
    if "starting_after" in params:
        first = _position(things, params["starting_after"], kind, "starting_after") + 1
    if "ending_before" in params:
        last = _position(things, params["ending_before"], kind, "ending_before")
    rest = [thing for thing in things[first:last] if fits(thing)]
    found = rest[-limit:] if "ending_before" in params else rest[:limit]
    return {"object": "list", "data": found, "has_more": len(rest) > limit, "url": url}


def _limit(params: Json) -> int:
    limit: int = params.get("limit", DEFAULT_LIMIT)
    if not 1 <= limit <= 100:
        raise InvalidParameter(
            "This value must be greater than or equal to 1." if limit < 1
            else "This value must be less than or equal to 100.",
            code="parameter_invalid_integer",
            param="limit",
        )  # fmt: skip
    return limit


def _position(things: list[Json], cursor: str, kind: str, param: str) -> int:
    for index, thing in enumerate(things):
        if thing["id"] == cursor:
            return index
    raise Missing(f"No such {kind}: '{cursor}'", code="resource_missing", param=param)


def _same(name: str) -> Test:
    return lambda _, thing, wanted: thing.get(name) == wanted


def _created(_account: Account, thing: Json, wanted: "int | Json") -> bool:
    created: int = thing["created"]
    if isinstance(wanted, int):
        return created == wanted
    return all(BOUNDS[name](created, bound) for name, bound in wanted.items())
