"""Refusals as pages. An anonymous visitor of a page that needs a sign-in is led to it and back."""

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from app.accounts import cookies
from app.extensions import db
from app.http import error_handlers, pages, problems
from app.http.problems import Problem, Unauthorized
from app.web import headers

SIGN_IN = "sign_in.show"
_TITLES = {
    403: "You may not see this page",
    404: "There is no such page",
    429: "Too many tries",
    500: "Something went wrong on our side",
    503: "We are not reachable for a moment",
}


def local_path(url: str) -> str | None:
    """The URL if it is a path of ours, else None: a sign-in must not lead to another site."""
    is_path = url.startswith("/") and not url.startswith(("//", "/\\")) and url.isprintable()
    return url if is_path and "\\" not in url else None


def refuse(error: Exception) -> ResponseReturnValue:
    problem = error_handlers.problem_of(error)
    db.session.rollback()
    pages.refused(problem)
    if isinstance(problem, Unauthorized):
        cookies.forget()
        return redirect(url_for(SIGN_IN, next=_way_back()), 303)
    return page(problem) if pages.is_for_people() else problem.response()


def unknown_path(error: NotFound) -> Response:
    if not pages.is_for_people():
        return error_handlers.problem_of(error).response()
    return headers.harden(page(problems.NotFound("Check the address, or begin at the first page.")))


def page(problem: Problem) -> Response:
    """The refusal as a page. It reads no database, which may be what failed."""
    title = _TITLES.get(problem.status, problem.title)
    shown = render_template("web/refusal.html", problem=problem, title=title)
    kept = {name: value for name, value in problem.headers.items() if name != "WWW-Authenticate"}
    return Response(shown, problem.status, kept)


def _way_back() -> str | None:
    """The page that was asked for. A form that was sent cannot be sent again: its page is shown."""
    way = request.full_path.rstrip("?") if request.method == "GET" else request.path
    return way if way != "/" else None
