"""Forms from other sites are refused: by Fetch Metadata, or in older browsers by the Origin header.

This protects forms before a sign-in too, such as the sign-in itself. Forms after it also carry the CSRF token
of the cookie.
"""

from flask import request

from app.http import pages
from app.http.problems import Forbidden

_READING = {"GET", "HEAD", "OPTIONS"}


class CrossSite(Forbidden):
    slug, title = "cross-site", "Form of another site"
    meaning = "A page of another site sent this form. Only our own pages may."
    remedy = "Open the page on our site, and send the form from there."


def check() -> None:
    """Before each request. Raises CrossSite for a form that a page of another site sent."""
    if not pages.is_page() or request.method in _READING:
        return
    fetched_from = request.headers.get("Sec-Fetch-Site")
    if fetched_from is not None:
        is_ours = fetched_from in {"same-origin", "none"}
    else:
        is_ours = request.headers.get("Origin") in {None, request.host_url.rstrip("/")}
    if not is_ours:
        raise CrossSite("This form came from another site. Open the page here and send it again.")
