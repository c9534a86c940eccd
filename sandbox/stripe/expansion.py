"""`expand[]`: ids replaced by the objects they name (Stripe: "Expanding responses")."""

from collections.abc import Callable
from copy import deepcopy

from sandbox.stripe.account import Account
from sandbox.stripe.errors import InvalidParameter
from sandbox.stripe.lists import page
from sandbox.stripe.objects import Json

DEEPEST = 4


def expand(account: Account, answer: Json, paths: list[str]) -> None:
    """Expand the paths in place; the answer must be a copy."""
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEEPEST + (parts[0] == "data"):
            raise InvalidParameter(
                f"You cannot expand more than {DEEPEST} levels of a property ({path}).", param="expand"
            )
        _expand(account, answer, parts, path)


def _expand(account: Account, thing: Json, parts: list[str], path: str) -> None:
    name, rest = parts[0], parts[1:]
    included = INCLUDABLE.get((thing["object"], name))
    if included:
        thing.setdefault(name, deepcopy(included(account, thing)))
    if name not in thing:
        raise InvalidParameter(f"This property cannot be expanded ({path}).", param="expand")
    value = thing[name]
    if isinstance(value, str):
        found = account.find(value)
        if found is None or found["object"] == thing["object"]:
            raise InvalidParameter(f"This property cannot be expanded ({path}).", param="expand")
        thing[name] = value = deepcopy(found)
    if not rest and not isinstance(value, dict | None):
        raise InvalidParameter(f"This property cannot be expanded ({path}).", param="expand")
    for inner in value if isinstance(value, list) else [value]:
        if rest and isinstance(inner, dict):
            _expand(account, inner, rest, path)


def _line_items(account: Account, session: Json) -> Json:
    return page(account.line_items[session["id"]], {}, f"/v1/checkout/sessions/{session['id']}/line_items")


def _refunds(account: Account, charge: Json) -> Json:
    refunds = [each for each in account.store.newest_first("refund") if each["charge"] == charge["id"]]
    return page(refunds, {}, f"/v1/charges/{charge['id']}/refunds")


# What is left out of an object unless expanded.
INCLUDABLE: dict[tuple[str, str], Callable[[Account, Json], Json]] = {
    ("checkout.session", "line_items"): _line_items,
    ("charge", "refunds"): _refunds,
}
