"""What search engines read: the list of pages, and what to leave out."""

from flask import Response, url_for
from markupsafe import escape

from app.coaches import search
from app.config.settings import current_settings
from app.http import rate_limits
from app.http.access_rule import public
from app.http.pages import Pages

discovery = Pages("discovery", __name__)
MAX_ADDRESSES = 50_000
"""Of one sitemap (sitemaps.org, "Sitemaps XML format"). Coaches beyond them are found by the links of `/`."""


@discovery.get("/robots.txt")
@public
def robots() -> Response:
    """Each calendar has endless days and zones: addresses with a query are left out."""
    rules = ("User-agent: *", "Disallow: /*?", "Disallow: /book/", "Disallow: /embed/", "Disallow: /sign-in")
    sitemap = f"Sitemap: {current_settings().public_url}{url_for('discovery.sitemap')}"
    return _cached("\n".join([*rules, "", sitemap, ""]), "text/plain")


@discovery.get("/sitemap.xml")
@rate_limits.by_address(rate_limits.SITEMAP)
@public
def sitemap() -> Response:
    base = current_settings().public_url
    entries = [f"<url><loc>{base}/</loc></url>"]
    for slug, changed_at in search.pages(MAX_ADDRESSES - 1):
        address = escape(base + url_for("coach_pages.show", coach_slug=slug))
        entries.append(f"<url><loc>{address}</loc><lastmod>{changed_at:%Y-%m-%d}</lastmod></url>")
    listed = "\n".join(entries)
    return _cached(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{listed}\n</urlset>\n',
        "application/xml",
    )


def _cached(text: str, kind: str) -> Response:
    answer = Response(text, mimetype=kind)
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer
