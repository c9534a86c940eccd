"""The inbox as pages: a list beside the mail that is open."""

import re
from urllib.parse import quote

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for

from sandbox.mailbox.api import message_or_404, store
from sandbox.mailbox.invitation import invitation
from sandbox.mailbox.message import Message

pages = Blueprint("pages", __name__)

VIEWS = ("html", "text", "headers", "raw")

# A mail is a stranger's page: no script, nothing from the network, its own origin; links open in a new tab.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: {host}; form-action 'none'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
OPENING_TAGS = [re.compile(f"<{tag}[^>]*>", re.IGNORECASE) for tag in ("head", "html", "!doctype")]
LINKS_IN_A_NEW_TAB = '<base target="_blank">'


@pages.get("/")
def inbox() -> str:
    """The list, and a word of welcome where a mail would be."""
    return _page(None)


@pages.get("/messages/<int:number>")
def show(number: int) -> str:
    """The list and one mail, as HTML, text, headers or bytes."""
    return _page(message_or_404(number))


@pages.get("/list")
def list_only() -> Response:
    """The list alone, for the page's refresh; 304 while nothing is new."""
    selected = request.args.get("selected", type=int)
    answer = make_response(render_template("list.html", messages=_found(), selected=selected))
    answer.add_etag()
    answer.make_conditional(request)
    return answer


@pages.get("/messages/<int:number>/html")
def html_of(number: int) -> Response:
    """The mail's HTML for the frame it is shown in."""
    message = message_or_404(number)
    answer = Response(_framed(message), content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = MAIL_POLICY.format(host=request.host_url)
    return answer


def _page(message: Message | None) -> str:
    offered = [view for view in VIEWS if message and (view != "html" or message.html)]
    view = request.args.get("view", "")
    calendars = (
        {each: invitation(each) for each in message.attachments if each.is_calendar} if message else {}
    )
    return render_template(
        "inbox.html",
        messages=_found(),
        message=message,
        selected=message.id if message else None,
        words=request.args.get("q", ""),
        views=offered,
        view=view if view in offered else next(iter(offered), ""),
        calendars=calendars,
        smtp_port=current_app.config["SMTP_PORT"],
    )


def _found() -> list[Message]:
    return store().find(words=request.args.get("q", ""))


def _framed(message: Message) -> str:
    """Its HTML with links that leave the frame, and with inline images found among the attachments."""
    html = message.html or ""
    for place, attachment in enumerate(message.attachments):
        if attachment.content_id:
            address = url_for("api.show_attachment", number=message.id, place=place, _external=True)
            html = html.replace(f"cid:{quote(attachment.content_id, safe='@')}", address)
    opening = next((found for tag in OPENING_TAGS if (found := tag.search(html))), None)
    # Behind the opening tag: in front of the doctype it would switch the browser to quirks mode.
    start = opening.end() if opening else 0
    return html[:start] + LINKS_IN_A_NEW_TAB + html[start:]
