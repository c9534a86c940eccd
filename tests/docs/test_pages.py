"""The README and the pages of docs/ name only what exists, and stay as short as promised."""

import re

import pytest

from app.payments.webhook.inbox import SUBSCRIBED
from tests.docs.blocks import ROOT, pages
from tests.docs.links import anchors, links

PAGES = pages()


def test_the_readme_is_read_in_one_sitting() -> None:
    assert len(PAGES["README.md"].splitlines()) <= 250


@pytest.mark.parametrize("path", PAGES)
def test_every_link_leads_to_a_file_and_a_heading(path: str) -> None:
    for target, anchor in links(PAGES[path]):
        file = (ROOT / path).parent / target if target else ROOT / path
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text()), f"{target}#{anchor}"


def test_every_make_target_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"^make ([a-z]\w*)|`make (\w+)", "\n".join(PAGES.values()), re.MULTILINE))
    targets = {first or second for first, second in named}

    assert len(targets) > 8
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_every_file_and_package_of_the_code_exists() -> None:
    named = set(
        re.findall(r"`((?:app|worker|sandbox|docs|deploy)/[a-z_/]*[./][a-z]*)`", "\n".join(PAGES.values()))
    )

    assert len(named) > 30
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_page_is_in_the_table_of_contents() -> None:
    contents = PAGES["docs/index.md"] + PAGES["docs/decisions/index.md"]
    listed = set(re.findall(r"^([\w./-]+)$", contents, re.MULTILINE))
    stems = {path.removeprefix("docs/").removeprefix("decisions/").removesuffix(".md") for path in PAGES}

    assert {stem for stem in stems if stem != "index"} <= {name.removeprefix("../") for name in listed}


def test_the_webhook_is_subscribed_to_the_events_that_the_page_lists() -> None:
    sentence = PAGES["docs/production.md"].partition("subscribes to these events:")[2].partition("\n5.")[0]
    listed = set(re.findall(r"`([a-z_.]+)`", sentence))

    assert listed == SUBSCRIBED
