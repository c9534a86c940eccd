"""A visitor without JavaScript: reads pages, fills in forms by their labels' fields, follows redirects."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Self
from urllib.parse import urljoin

import httpx
import jwt

from tests.people import PASSWORD, Person

HTML = {"Accept": "text/html,application/xhtml+xml"}


@dataclass
class HtmlForm:
    """A form of a page, with what it would send."""

    method: str
    action: str
    values: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects the forms and the visible text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []
        self.text: list[str] = []
        self.links: list[tuple[str, str]] = []
        self._textarea = self._select = ""
        self._silent = self._in_button = False

    def handle_starttag(self, tag: str, found: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in found}
        name, value = attributes.get("name", ""), attributes.get("value", "")
        if tag == "form":
            self.forms.append(HtmlForm(attributes.get("method", "get"), attributes.get("action", "")))
        elif tag == "a":
            self.links.append((attributes.get("href", ""), ""))
        elif tag in {"script", "style", "title"}:
            self._silent = True
        elif tag == "button":
            self._in_button = True
            if self.forms:
                self.forms[-1].buttons.append("")
        elif not self.forms:
            return
        elif tag == "input" and name:
            kind = attributes.get("type", "text")
            if kind not in {"checkbox", "radio", "submit", "file"} or "checked" in attributes:
                self.forms[-1].values.setdefault(name, []).append(value or "")
        elif tag == "textarea":
            self._textarea = name
            self.forms[-1].values[name] = [""]
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            chosen = self.forms[-1].values.setdefault(self._select, [value])
            if "selected" in attributes:
                chosen[:] = [value]

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style", "title"}:
            self._silent = False
        elif tag == "button":
            self._in_button = False
        elif tag == "textarea":
            self._textarea = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, said: str) -> None:
        if self._textarea:
            self.forms[-1].values[self._textarea] = [said.removeprefix("\n")]
        elif not self._silent:
            self.text.append(said)
            if self._in_button and self.forms and self.forms[-1].buttons:
                self.forms[-1].buttons[-1] += said
            if self.links:
                href, words = self.links[-1]
                self.links[-1] = (href, words + said)


@dataclass
class Page:
    """A page as it was answered."""

    visitor: "Visitor"
    answer: httpx.Response

    def __post_init__(self) -> None:
        self._read = _Reader()
        self._read.feed(self.answer.text)

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def path(self) -> str:
        """The path and query that this page came from."""
        return self.answer.url.raw_path.decode()

    @property
    def text(self) -> str:
        """The visible words, with single blanks."""
        return " ".join(" ".join(self._read.text).split())

    @property
    def html(self) -> str:
        return self.answer.text

    def form(self, button: str) -> HtmlForm:
        """The form with this button."""
        found = [each for each in self._read.forms if button in [" ".join(b.split()) for b in each.buttons]]
        assert found, (button, [each.buttons for each in self._read.forms], self.text)
        return found[0]

    def send(self, button: str, /, **typed: Any) -> "Page":
        """Type into the form with this button, press it. Names with dots: `**{"prices.0.amount": 75}`."""
        form = self.form(button)
        values = {name: list(each) for name, each in form.values.items()}
        for name, value in typed.items():
            values[name] = [str(each) for each in value] if isinstance(value, list) else [str(value)]
        action = urljoin(str(self.answer.url), form.action)
        if form.method == "get":
            return self.visitor.get(action, params=values)
        return self.visitor.post(action, values)

    def follow(self, words: str) -> "Page":
        """Follow the link with these words."""
        found = [href for href, said in self._read.links if words in " ".join(said.split())]
        assert found, (words, self._read.links)
        return self.visitor.get(urljoin(str(self.answer.url), found[0]))


class Visitor:
    """A browser of its own: cookies, no JavaScript."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = httpx.Client(
            transport=http._transport, base_url=http.base_url, headers=HTML, follow_redirects=True
        )

    @classmethod
    def signed_in(cls, person: Person) -> Self:
        """The person's browser after a sign-in with the password."""
        visitor = cls(person.http)
        page = visitor.get("/sign-in").send("Sign in", email=person.email, password=PASSWORD)
        assert page.path != "/sign-in", page.text
        return visitor

    def csrf_token(self) -> str:
        """The token that each form of a signed-in visitor carries; empty before the sign-in."""
        cookie = self.http.cookies.get("visitor")
        return str(jwt.decode(cookie, options={"verify_signature": False})["csrf"]) if cookie else ""

    def get(self, path: str, **request: Any) -> Page:
        return Page(self, self.http.get(path, **request))

    def post(self, path: str, values: dict[str, Any], **request: Any) -> Page:
        """Send a form, as any program could: without what a page's form would add."""
        return Page(self, self.http.post(path, data=values, **request))
