"""The stylesheet of an installation: its colour, legible on light and dark ground, and Bootstrap's dark mode.

Bootstrap switches its dark mode by an attribute, which needs a script. Here the same rules follow the
visitor's setting (`prefers-color-scheme`), so dark mode works without JavaScript.
"""

import re
from functools import cache
from importlib.resources import files

RGB = tuple[int, int, int]

WHITE: RGB = (255, 255, 255)
INK: RGB = (20, 27, 27)
LIGHT_GROUND: RGB = (244, 241, 236)
"""The darkest ground of the light mode on which the colour is used for text."""
DARK_GROUND: RGB = (38, 49, 49)
"""The lightest ground of the dark mode."""
LEGIBLE = 4.5
"""The contrast that text needs (WCAG 2.2, 1.4.3)."""
_DARK_RULE = re.compile(r"([^{}]*\[data-bs-theme=dark\][^{}]*)\{([^{}]*)\}")


@cache
def stylesheet(color: str) -> str:
    """The rules for a colour such as #1d6b6e."""
    chosen = rgb(color)
    light, dark = legible(chosen, LIGHT_GROUND), legible(chosen, DARK_GROUND)
    return (
        f":root{{{_variables(light)}}}\n"
        f"@media (prefers-color-scheme: dark){{{_bootstrap_dark()}\n:root{{{_variables(dark)}}}}}\n"
    )


def rgb(color: str) -> RGB:
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red, green, blue


def contrast(one: RGB, other: RGB) -> float:
    """The contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def legible(color: RGB, ground: RGB) -> RGB:
    """The colour, mixed with black or white until text in it is legible on this ground."""
    goal = max((INK, WHITE), key=lambda each: contrast(each, ground))
    mixed = (_mix(color, goal, step / 100) for step in range(101))
    return next(each for each in mixed if contrast(each, ground) >= LEGIBLE)


def text_on(color: RGB) -> RGB:
    """White or black, whichever is more legible on the colour. Its contrast is at least 4.5."""
    return max((WHITE, (0, 0, 0)), key=lambda each: contrast(each, color))


def _variables(brand: RGB) -> str:
    text = text_on(brand)
    pressed = _mix(brand, WHITE if text == (0, 0, 0) else (0, 0, 0), 0.15)
    return (
        f"--cb-brand:{_hex(brand)};--cb-brand-rgb:{','.join(map(str, brand))};"
        f"--cb-brand-pressed:{_hex(pressed)};--cb-on-brand:{_hex(text)};"
    )


def _luminance(color: RGB) -> float:
    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = map(linear, color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mix(color: RGB, goal: RGB, share: float) -> RGB:
    red, green, blue = (round(one + (other - one) * share) for one, other in zip(color, goal, strict=True))
    return red, green, blue


def _hex(color: RGB) -> str:
    return "#" + bytes(color).hex()


@cache
def _bootstrap_dark() -> str:
    """Bootstrap's own rules for dark mode, for the whole page instead of an attribute."""
    path = files("flask_bootstrap") / "static" / "bootstrap5" / "css" / "bootstrap.min.css"
    rules = _DARK_RULE.findall(path.read_text(encoding="utf-8"))
    return "".join(
        f"{selector.replace('[data-bs-theme=dark]', ':root').strip()}{{{body}}}"
        for selector, body in rules
        if "navbar[" not in selector
    )
