"""Every route, called by everybody, compared with the table beside this file."""

import re
from typing import Any

import httpx
from flask import Flask, current_app
from werkzeug.routing import Rule

from app.http.pages import Pages
from tests.accounts.access_table import TABLE
from tests.accounts.access_world import World, people, world
from tests.people import PAID, PASSWORD, Person, next_week
from tests.web.visitor import Visitor

__all__ = ["people", "world"]


WRITING = {"POST", "PUT", "PATCH", "DELETE"}


END_THE_SIGN_IN = {"DELETE /auth/sign-in", "POST /auth/logout"}


ENDS_IT_ALL = "DELETE /auth/me"


def bodies(world: World) -> dict[str, Any]:
    """Good ones, so that who may not do it is refused for that."""
    urls = {"success_url": PAID, "cancel_url": PAID}
    reason = {"reason": "asked for"}
    return {
        "POST /booking/<uuid:booking_id>/reschedule": {"session_datetime": next_week(20).isoformat()},
        "POST /payment/checkout": {"booking_id": world["booking_id"], **urls},
        "POST /payment/<uuid:payment_id>/refund": {"amount": 1, **reason},
    } | {
        f"POST /admin/{lever}": reason
        for lever in (
            "account/<uuid:account_id>/deactivate",
            "account/<uuid:account_id>/reactivate",
            "email/<uuid:email_id>/discard",
            "email/<uuid:email_id>/resend",
            "recovery/<uuid:recovery_id>/discard",
            "recovery/<uuid:recovery_id>/retry",
            "refund/<uuid:refund_id>/discard",
            "refund/<uuid:refund_id>/retry",
            "stripe-event/<event_id>/discard",
            "stripe-event/<event_id>/replay",
        )
    }


def is_page(route: str) -> bool:
    """Whether a page answers at this route."""
    rule = next(each for each in current_app.url_map.iter_rules() if each.rule == route.partition(" ")[2])
    return isinstance(current_app.blueprints.get(rule.endpoint.partition(".")[0]), Pages)


def page_asked(person: Person | None, http: httpx.Client, method: str, path: str) -> str:
    """The same for a page, which a browser asks for; being led to the sign-in is a 401."""
    visitor = Visitor.signed_in(person) if person else Visitor(http)
    visitor.http.follow_redirects = False
    form = {"csrf_token": visitor.csrf_token()} if method in WRITING else None
    answer = visitor.http.request(method, path, data=form)
    assert answer.status_code != 500, (path, answer.text)
    if answer.headers.get("Location", "").startswith("/sign-in?"):
        return "401"
    return str(answer.status_code) if answer.status_code in {403, 404} else "in"


def asked(person: Person | None, http: httpx.Client, route: str, world: World, body: Any) -> str:
    """The status where it is one of access, else `in`."""
    method, _, rule = route.partition(" ")
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda named: world[named[1]], rule)
    if is_page(route):
        return page_asked(person, http, method, path)
    if route == ENDS_IT_ALL:
        body = {"password": PASSWORD}
    sent = {"json": body} if method in WRITING else {}
    if person and route in {*END_THE_SIGN_IN, ENDS_IT_ALL}:
        person = Person.signed_in(http, person.email, PASSWORD)
    answer = person.ask(method, path, **sent) if person else http.request(method, path, **sent)
    assert answer.status_code != 500, (route, answer.text)
    return str(answer.status_code) if answer.status_code in {401, 403, 404} else "in"


def routes(app: Flask) -> list[str]:
    """Those that end a sign-in come last, each with a new one; then the one after which there is nobody."""

    def spelled(rule: Rule) -> list[str]:
        return [f"{method} {rule.rule}" for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]

    found = [route for rule in app.url_map.iter_rules() for route in spelled(rule)]
    return sorted(found, key=lambda route: (route == ENDS_IT_ALL, route in END_THE_SIGN_IN, route))


def test_each_route_lets_in_whom_the_table_names(
    app: Flask, http: httpx.Client, people: dict[str, Person | None], world: World
) -> None:
    good = bodies(world)
    seen = {
        route: " ".join(asked(person, http, route, world, good.get(route, {})) for person in people.values())
        for route in routes(app)
    }

    assert seen == TABLE
