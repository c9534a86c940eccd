"""A path that no route has: what is wrong with it, and which path is probably meant."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from flask import current_app, request
from werkzeug.routing import Rule, UUIDConverter

from app import parsing
from app.config.settings import current_settings
from app.http.problems import NotFound
from app.validation_errors import Fault

MAX_SHOWN = 100
"""Of the path that was asked for."""
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")


def refusal() -> NotFound:
    """For the request at hand, which has no route."""
    path = request.path.rstrip("/") or "/"
    if faults := _bad_ids(path):
        errors = [{"pointer": each.place, "detail": each.sentence} for each in faults]
        said = " ".join(each.sentence for each in faults)
        return NotFound(f"There is nothing at this path. In it {said}", errors=errors)
    if path != request.path and current_app.url_map.bind("").allowed_methods(path):
        return NotFound(f"Paths here end without a slash: the right path is {_shown(path)}.")
    candidates = dict(
        sorted(_candidates(path), key=lambda each: "{" not in each[1])
    )  # a path of its own wins
    meant = get_close_matches(path.lower(), candidates, n=1, cutoff=0.75)
    question = f" Is {candidates[meant[0]]} meant?" if meant else ""
    # What was asked for is not repeated: it may hold a token.
    docs = " /docs lists all paths." if current_settings().api_docs else ""
    return NotFound(f"There is nothing at this path.{question}{docs}")


def _bad_ids(path: str) -> list[Fault]:
    """The ids in a path that would have a route if they were UUIDs."""
    for rule in current_app.url_map.iter_rules():
        names = _names_of_ids(rule)
        pattern = _PLACE.sub(r"(?P<\1>[^/]+)", re.escape(rule.rule).replace("\\<", "<").replace("\\>", ">"))
        found = re.fullmatch(pattern, path)
        if names and found:
            return [fault for name in names if (fault := _fault(name, found[name]))]
    return []


def _names_of_ids(rule: Rule) -> list[str]:
    return [name for name, takes in rule._converters.items() if isinstance(takes, UUIDConverter)]


def _fault(name: str, text: str) -> Fault | None:
    try:
        parsing.uuid(text)
    except ValueError as error:
        return Fault(name, str(error))
    return None


def _candidates(path: str) -> Iterator[tuple[str, str]]:
    """Every path as long as this one: with this one's own values at the places of ids, and as described."""
    steps = path[:MAX_SHOWN].split("/")
    for rule in current_app.url_map.iter_rules():
        known = rule.rule.split("/")
        if len(known) <= len(steps):
            own = steps[len(steps) - len(known) :]
            filled = (mine if _PLACE.fullmatch(step) else step for step, mine in zip(known, own, strict=True))
            yield "/".join(filled), _PLACE.sub(r"{\1}", rule.rule)


def _shown(path: str) -> str:
    return path if len(path) <= MAX_SHOWN else f"{path[:MAX_SHOWN]}…"
