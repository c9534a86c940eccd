"""GET /problems/{slug} explains a problem `type` and the remedy, as a page and as JSON."""

from difflib import get_close_matches
from typing import Self

from apiflask import APIBlueprint
from flask import Response, jsonify, render_template, request
from werkzeug.http import HTTP_STATUS_CODES

from app.http.access_rule import public
from app.http.pages import is_for_people
from app.http.problems import KINDS, NotFound, Problem
from app.http.schema_types import View

problem_pages = APIBlueprint("problem_pages", __name__, url_prefix="/problems")
CACHED_SECONDS = 3600


Kind = type[Problem]


class ProblemKindView(View):
    """What all problems of one `type` have in common."""

    type: str
    title: str
    status: int
    meaning: str
    remedy: str

    @classmethod
    def of(cls, kind: Kind) -> Self:
        return cls(
            type=f"/problems/{kind.slug}",
            title=kind.title,
            status=kind.status,
            meaning=kind.meaning,
            remedy=kind.remedy,
        )


class ProblemKindList(View):
    items: list[ProblemKindView]


@problem_pages.get("")
@problem_pages.output(ProblemKindList)
@public
def list_problems() -> Response:
    """List every problem `type`; a page for browsers, JSON for programs."""
    if is_for_people():
        return _kept(Response(_list_page()))
    items = [ProblemKindView.of(kind).model_dump() for kind in _kinds()]
    return _kept(jsonify(items=items))


@problem_pages.get("/<slug>")
@problem_pages.output(ProblemKindView)
@problem_pages.doc(responses=[404])
@public
def show_problem(slug: str) -> Response:
    """Explain a problem `type` and its remedy; a page for browsers, JSON for programs."""
    kind = KINDS.get(slug)
    if kind is None:
        return _unknown(slug)
    if is_for_people():
        return _kept(Response(render_template("problem.html", kind=kind, names=HTTP_STATUS_CODES)))
    return _kept(jsonify(ProblemKindView.of(kind).model_dump()))


def _unknown(slug: str) -> Response:
    """The answer for an unknown slug: a page for browsers. Raises NotFound for programs."""
    meant = get_close_matches(slug[:100].lower(), KINDS, n=1)
    if is_for_people():
        likely = KINDS[meant[0]] if meant else None
        page = _list_page(is_unknown=True, meant=likely)
        return Response(page, 404, {"Vary": "Accept"})
    question = f" Is /problems/{meant[0]} meant?" if meant else ""
    raise NotFound(
        f"There is no problem of this type.{question} GET /problems lists all types.", {"Vary": "Accept"}
    )


def _list_page(**more: object) -> str:
    return render_template("problems.html", kinds=_kinds(), names=HTTP_STATUS_CODES, **more)


def _kinds() -> list[Kind]:
    return sorted(KINDS.values(), key=lambda kind: (kind.status, kind.title))


def _kept(answer: Response) -> Response:
    """Let the answer be cached: it changes only with a release."""
    answer.headers["Cache-Control"] = f"public, max-age={CACHED_SECONDS}"
    answer.vary.add("Accept")
    answer.add_etag()
    return answer.make_conditional(request)  # type: ignore[return-value]
