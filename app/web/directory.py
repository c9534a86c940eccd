"""The first page: coaches who can be booked, with a search."""

from collections.abc import Mapping, Sequence

from flask import make_response, url_for
from flask.typing import ResponseReturnValue

from app.coaches import search
from app.coaches.models import Coach
from app.coaches.schemas import CoachSearch
from app.config.settings import current_settings
from app.http import rate_limits
from app.http.access_rule import public
from app.http.pages import Pages
from app.web.forms import Form

directory = Pages("directory", __name__, template_folder="templates")


@directory.get("/")
@rate_limits.by_address(rate_limits.SEARCH_COACHES)
@public
def show() -> ResponseReturnValue:
    form = Form.asked(CoachSearch)
    coaches: Sequence[Coach] = ()
    cursor: str | None = None
    with form.problems():
        coaches, cursor = search.find(form.read(CoachSearch))
    wished = {name: value for name, value in form.values.items() if value.strip() and name != "cursor"}
    currencies = search.currencies()
    page = make_response(
        form.page(
            "public/directory.html",
            coaches=coaches,
            is_searched=bool(wished),
            beginning=_list(wished) if "cursor" in form.values else None,
            following=_list(wished, cursor=cursor) if cursor else None,
            currencies=currencies,
            currency_options=[("", "Any"), *zip(currencies, currencies, strict=True)],
        )
    )
    if current_settings().api_docs:
        page.headers.add("Link", '</openapi.json>; rel="service-desc"; type="application/json"')
        page.headers.add("Link", '</docs>; rel="service-doc"; type="text/html"')
    return page


def _list(wished: Mapping[str, str], **position: str) -> str:
    """The address of a page of the list."""
    return url_for("directory.show", **{**wished, **position})  # type: ignore[arg-type]
