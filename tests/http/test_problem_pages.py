"""Each type of problem is a page, and there is no type without one."""

import re

import httpx
import pytest

from app.http.problems import KINDS, Problem

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_every_problem_there_is_says_what_it_means_and_what_to_do(http: httpx.Client) -> None:
    assert len(KINDS) > 40
    for kind in KINDS.values():
        same = [each for each in kind.__subclasses__() if "slug" not in vars(each)]
        assert {each.status for each in same} <= {kind.status}
        for text in (kind.meaning, kind.remedy):
            assert re.fullmatch(r"[A-Z].{20,}[.]", text), kind
        assert re.fullmatch(r"[A-Z][^.]{5,50}", kind.title), kind
        outside_code = re.sub("`[^`]*`", "", f"{kind.meaning} {kind.remedy}")
        assert not re.search(r"(GET|POST|PUT|PATCH|DELETE) /", outside_code), kind
    assert len({kind.title for kind in KINDS.values()}) == len(KINDS)


@pytest.mark.parametrize("left_out", ["slug", "title", "status", "meaning", "remedy"])
def test_a_problem_that_says_less_cannot_be_written(left_out: str) -> None:
    said = {"slug": "half-said", "title": "Half said", "status": 409, "meaning": "This.", "remedy": "That."}
    del said[left_out]

    with pytest.raises(TypeError, match="HalfSaid must say"):
        type("HalfSaid", (Problem,), said)

    assert "half-said" not in KINDS


def test_no_two_problems_have_one_address() -> None:
    with pytest.raises(TypeError, match="Twice must say its own slug"):
        type(
            "Twice",
            (Problem,),
            dict.fromkeys(("slug", "title", "meaning", "remedy"), "slot-taken") | {"status": 409},
        )


def test_the_type_of_a_refusal_leads_to_its_page(http: httpx.Client) -> None:
    refusal = http.get("/booking").json()

    page = http.get(refusal["type"], headers=BROWSER)

    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert f"<h1>{refusal['title']}</h1>" in page.text
    assert KINDS["unauthorized"].meaning in page.text
    assert "`" not in http.get("/problems/slot-taken", headers=BROWSER).text


def test_every_type_is_a_page_for_browsers_and_json_for_programs(http: httpx.Client) -> None:
    listed = http.get("/problems").json()["items"]

    assert {each["type"] for each in listed} == {f"/problems/{slug}" for slug in KINDS}
    for each in listed:
        assert http.get(each["type"], headers={"Accept": "application/json"}).json() == each
        page = http.get(each["type"], headers=BROWSER)
        assert page.status_code == 200
        assert f"<h1>{each['title']}</h1>" in page.text.replace("&#39;", "'")


def test_the_list_is_a_page_with_a_link_to_each(http: httpx.Client) -> None:
    page = http.get("/problems", headers=BROWSER)

    assert set(re.findall(r'href="/problems/([a-z-]+)"', page.text)) == set(KINDS)


def test_a_type_that_is_not_there_is_a_404_that_helps(http: httpx.Client) -> None:
    answer = http.get("/problems/slot-takn")
    page = http.get("/problems/slot-takn", headers=BROWSER)

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    assert "Is /problems/slot-taken meant?" in answer.json()["detail"]
    assert page.status_code == 404
    assert "Time taken</a> meant?" in page.text


def test_nothing_of_an_address_becomes_part_of_the_page(http: httpx.Client) -> None:
    assert "<script" not in http.get("/problems/<script>alert(1)<slot-taken>", headers=BROWSER).text


@pytest.mark.parametrize("path", ["/problems", "/problems/slot-taken"])
def test_pages_are_kept_by_caches_each_in_its_form(http: httpx.Client, path: str) -> None:
    page, program = http.get(path, headers=BROWSER), http.get(path)

    for answer in (page, program):
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
        assert "Accept" in answer.headers["Vary"]
    assert page.headers["ETag"] != program.headers["ETag"]
    again = http.get(path, headers={**BROWSER, "If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_page_runs_no_script_and_loads_nothing(http: httpx.Client) -> None:
    page = http.get("/problems/slot-taken", headers=BROWSER)

    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script|<img|<link|src=|@import|url\(|\son\w+=", page.text)
