"""Lists of objects: filters, cursors, pages (Stripe: "Pagination")."""

from collections.abc import Callable, Iterable
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
        found = account.store.newest_first(kind)
        for name, wanted in params.items():
            if name not in PAGING:
                test = tests.get(name) or (_created if name == "created" else _same(name))
                found = [each for each in found if test(account, each, wanted)]
        return page(found, params, url, kind)

    return endpoint


def page(found: Iterable[Json], params: Json, url: str, kind: str = "object") -> Json:
    """The list object with the part of `found` that the cursor and limit ask for."""
    limit = params.get("limit", DEFAULT_LIMIT)
    if not 1 <= limit <= 100:
        raise InvalidParameter(
            "This value must be greater than or equal to 1." if limit < 1
            else "This value must be less than or equal to 100.",
            code="parameter_invalid_integer",
            param="limit",
        )  # fmt: skip
    if "starting_after" in params and "ending_before" in params:
        raise InvalidParameter(
            "You may only specify one of these parameters: starting_after, ending_before.",
            code="parameters_exclusive",
        )
    rest = list(found)
    if "starting_after" in params:
        rest = rest[_position(rest, params["starting_after"], kind, "starting_after") + 1 :]
    elif "ending_before" in params:
        rest = rest[: _position(rest, params["ending_before"], kind, "ending_before")]
        return {"object": "list", "data": rest[-limit:], "has_more": len(rest) > limit, "url": url}
    return {"object": "list", "data": rest[:limit], "has_more": len(rest) > limit, "url": url}


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
