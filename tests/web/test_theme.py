"""The colour of an installation, legible whatever it is."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web import theme
from tests.config.test_white_space import LOGO
from tests.configuration import Configure
from tests.web.visitor import HTML

COLORS = st.tuples(*[st.integers(0, 255)] * 3)


@given(COLORS, st.sampled_from([theme.LIGHT_GROUND, theme.DARK_GROUND]))
def test_any_colour_is_legible(color: theme.RGB, ground: theme.RGB) -> None:
    brand = theme.legible(color, ground)

    assert theme.contrast(brand, ground) >= 4.5
    assert theme.contrast(theme.text_on(brand), brand) >= 4.5


def test_contrast_is_as_the_standard_says() -> None:
    assert theme.contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert theme.contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


def test_dark_mode_needs_no_attribute() -> None:
    css = theme.stylesheet("#1d6b6e")

    assert "data-bs-theme" not in css
    assert "color-scheme:dark" in css.partition("@media (prefers-color-scheme: dark)")[2]


def test_name_and_colour_are_settings(http: httpx.Client, configure: Configure) -> None:
    configure(site_name="Sprachraum & Co", site_color="#7a1f5c")

    page = http.get("/", headers=HTML).text

    assert "Sprachraum &amp; Co" in page
    assert "--cb-brand:#7a1f5c" in http.get("/theme.css").text


def test_a_logo_is_shown(http: httpx.Client, configure: Configure) -> None:
    assert http.get("/logo").status_code == 404
    configure(site_logo_file=LOGO)

    logo = http.get("/logo")

    assert 'src="/logo"' in http.get("/", headers=HTML).text
    assert (logo.status_code, logo.headers["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    assert "sandbox" in logo.headers["Content-Security-Policy"]
