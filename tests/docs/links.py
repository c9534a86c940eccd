"""The links of a Markdown page, and the anchors that GitHub and MyST give to its headings."""

import re

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]*)(?:#([\w-]+))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)


def links(page: str) -> set[tuple[str, str]]:
    """Each link to a file of the repository, and its anchor; the file is empty for the page itself."""
    found = _LINK.findall(_FENCED.sub("", page))
    return {(target, anchor) for target, anchor in found if not target.startswith(("http:", "https:"))}


def anchors(page: str) -> set[str]:
    titles = _HEADING.findall(_FENCED.sub("", page))
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
