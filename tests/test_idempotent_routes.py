"""Every POST takes an Idempotency-Key, or says here why it needs none."""

from typing import Any

import httpx
import pytest
from flask import Flask

UNKEYED = {
    "/auth/login": "has no caller yet; a second login is a second sign-in, which is what was asked for",
    "/auth/logout": "ends the sign-in that it comes with: done twice it does nothing more",
    "/auth/me/deactivate": "ends the caller's sign-ins, so that no second request of theirs is let in",
    "/auth/password/change": "sets what is sent; the second time the current password is another",
    "/auth/password/forgot": "has no caller; answered alike for any address, and mails are counted",
    "/auth/password/reset": "has no caller, and a token that is good once",
    "/auth/refresh": "has no caller, and a token that is good once",
    "/auth/register": "has no caller yet; an address has one account, and is answered alike the second time",
    "/auth/verify": "has no caller, and a token whose second use is no harm",
    "/book/<coach_slug>": "is a form; sent twice it leads to the same hold",
    "/manage/<token>/cancel": "is a form; a cancelled session cannot be cancelled again",
    "/manage/<token>/move": "is a form; a session at the chosen time is not moved again",
    "/manage/<token>/proof": "is a form; an address that is verified stays verified",
    "/manage/<token>/revocation": "is a form; a link that was ended opens nothing any more",
    "/my/booking/<uuid:booking_id>/cancel": "is a form; a cancelled session cannot be cancelled again",
    "/my/booking/<uuid:booking_id>/move": "is a form; a session at the chosen time is not moved again",
    "/my/booking/<uuid:booking_id>/pay": "is a form; the second time it leads to the same Checkout page",
    "/payment/webhook": "is Stripe's, and its events have ids of their own",
    "/sign-in": "has no caller yet, as a login",
    "/sign-out": "ends the sign-in that it comes with, as a logout",
}


def posts(app: Flask) -> dict[str, Any]:
    """The view behind each path that takes POST."""
    rules = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    return {rule.rule: app.view_functions[rule.endpoint] for rule in rules}


def test_every_post_takes_a_key_or_is_listed_with_its_reason(app: Flask) -> None:
    unkeyed = {path for path, view in posts(app).items() if not getattr(view, "is_idempotent", False)}

    assert unkeyed == UNKEYED.keys()


def test_what_takes_a_key_knows_its_caller(app: Flask) -> None:
    """A key is its caller's own: a route that is open to all has nobody to keep it for."""
    keyed = {path: view for path, view in posts(app).items() if getattr(view, "is_idempotent", False)}

    assert len(keyed) > 20
    assert [path for path, view in keyed.items() if view.access.roles is None] == []


def test_the_description_declares_the_header_on_exactly_those(app: Flask, http: httpx.Client) -> None:
    declared = set()
    for path, operations in http.get("/openapi.json").json()["paths"].items():
        for method, operation in operations.items():
            names = {each["name"] for each in operation["parameters"] if each["in"] == "header"}
            if "Idempotency-Key" in names:
                declared.add((method, path))
                assert {"409", "422"} <= operation["responses"].keys(), path

    keyed = posts(app).keys() - UNKEYED.keys()
    paths = {path.replace("<uuid:", "{").replace("<", "{").replace(">", "}") for path in keyed}
    assert declared == {("post", path) for path in paths}


@pytest.mark.parametrize("path", sorted(UNKEYED))
def test_a_key_does_no_harm_where_it_is_not_known(http: httpx.Client, path: str) -> None:
    told = [http.post(path, json={}, headers={"Idempotency-Key": "k"}).status_code for _ in range(2)]

    assert told[0] == told[1]
    assert told[0] < 500
