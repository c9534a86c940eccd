"""Pages for people: a blueprint whose views answer with HTML and know their visitor by a cookie."""

from flask import Blueprint, current_app, g, request

from app.http.problems import Problem


class Pages(Blueprint):
    """A room's pages. They stay out of the OpenAPI description."""


def is_page() -> bool:
    """Whether the current request is for a page."""
    return isinstance(current_app.blueprints.get(request.blueprint or ""), Pages)


def is_for_people() -> bool:
    """Whether the client is a browser: it names HTML in its Accept header."""
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def refused(problem: Problem) -> None:
    """Remember the refusal that a page shows: limits of failed attempts count it."""
    g.refusal = problem


def refusal() -> Problem | None:
    """The refusal that this request's page shows."""
    found: Problem | None = g.get("refusal")
    return found
