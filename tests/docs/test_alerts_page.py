"""docs/alerts.md has a section for each kind of alert, under an anchor that stays."""

import re

import pytest

from app.admin.alert_actions import ALERT_ACTIONS
from app.alerts import AlertKind
from tests.docs.blocks import ROOT
from tests.docs.links import anchors, links

PAGE = (ROOT / "docs/alerts.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n)*)", PAGE, re.MULTILINE))


@pytest.mark.parametrize("kind", AlertKind)
def test_each_kind_has_a_section_and_a_row_that_links_to_it(kind: AlertKind) -> None:
    page, anchor = kind.runbook.split("#")

    assert page == "docs/alerts.md"
    assert anchor in anchors(PAGE)
    assert ("", anchor) in links(PAGE)


@pytest.mark.parametrize("kind", AlertKind)
def test_each_section_says_what_it_means_where_to_look_and_what_to_do(kind: AlertKind) -> None:
    section = SECTIONS[kind.value.replace("_", " ").capitalize()]

    for part in ("**Meaning.** ", "**Find it.** ", "**Act.** "):
        assert part in section
    assert f"GET {ALERT_ACTIONS[kind].look}`" in section
    for path in ALERT_ACTIONS[kind].paths:
        assert f"POST {path}`" in section
