"""Answers for unknown paths: what is wrong, and which path is probably meant."""

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
"""Characters of the requested path that are compared."""
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")


def refusal() -> NotFound:
    """The 404 for the current request, which matches no route."""
    path = request.path.rstrip("/") or "/"
    if faults := _bad_ids(path):
        errors = [{"pointer": each.place, "detail": each.sentence} for each in faults]
        said = " ".join(each.sentence for each in faults)
        return NotFound(f"There is nothing at this path. In it {said}", errors=errors)
    if path != request.path and current_app.url_map.bind("").allowed_methods(path):
        return NotFound(f"Paths here end without a slash: the right path is {_shown(path)}.")
    candidates = dict(sorted(_candidates(path), key=lambda each: "{" not in each[1]))  # an exact route wins
    meant = get_close_matches(path.lower(), candidates, n=1, cutoff=0.75)
    question = f" Is {candidates[meant[0]]} meant?" if meant else ""
    # do not repeat the path: it may hold a token
    docs = " /docs lists all paths." if current_settings().api_docs else ""
    return NotFound(f"There is nothing at this path.{question}{docs}")


def _bad_ids(path: str) -> list[Fault]:
    """Path segments that must be UUIDs for a route to match."""
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
    """Every route path of this length, with this path's values in place of ids and with the placeholders."""
    steps = path[:MAX_SHOWN].split("/")
    for rule in current_app.url_map.iter_rules():
        known = rule.rule.split("/")
        if len(known) <= len(steps):
            own = steps[len(steps) - len(known) :]
            filled = (mine if _PLACE.fullmatch(step) else step for step, mine in zip(known, own, strict=True))
            yield "/".join(filled), _PLACE.sub(r"{\1}", rule.rule)


def _shown(path: str) -> str:
    return path if len(path) <= MAX_SHOWN else f"{path[:MAX_SHOWN]}…"
