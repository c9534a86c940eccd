"""The first page: coaches who can be booked, with a search."""

from flask.typing import ResponseReturnValue

from app.http.access_rule import public
from app.http.pages import Pages
from app.web.forms import Form

directory = Pages("directory", __name__, template_folder="templates")


@directory.get("/")
@public
def show() -> ResponseReturnValue:
    return Form().page("web/directory.html", coaches=[])
