"""Boxes, arrows and text as SVG: the few shapes that the diagrams of the documentation are made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple

INK, LINE, PAPER = "#1f2933", "#52606d", "#ffffff"
FILLS = {
    "plain": "#f5f7fa",
    "blue": "#e1effe",
    "green": "#def7ec",
    "amber": "#fdf6b2",
    "red": "#fde8e8",
    "grey": "#e5e7eb",
}
FONT = "font-family='system-ui, Segoe UI, Helvetica, Arial, sans-serif'"
HEAD = (
    "<defs><marker id='arrow' viewBox='0 0 10 10' refX='9' refY='5' markerWidth='7' markerHeight='7'"
    f" orient='auto-start-reverse'><path d='M0 0 L10 5 L0 10 z' fill='{LINE}'/></marker></defs>"
)


class Point(NamedTuple):
    x: float
    y: float


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> Point:
        return Point(self.x + self.width / 2, self.y + self.height / 2)

    def edge_towards(self, other: Point) -> Point:
        """Where a line from the centre to `other` leaves the box."""
        dx, dy = other.x - self.centre.x, other.y - self.centre.y
        across = abs(dx) / (self.width / 2), abs(dy) / (self.height / 2)
        share = 1 / max(*across, 1e-9)
        return Point(self.centre.x + dx * share, self.centre.y + dy * share)


@dataclass
class Drawing:
    """A picture under construction, with a title for screen readers."""

    width: int
    height: int
    title: str
    _parts: list[str] = field(default_factory=list)

    def box(self, at: Box, lines: Sequence[str], fill: str = "plain") -> None:
        self._parts.append(
            f"<rect x='{at.x:g}' y='{at.y:g}' width='{at.width:g}' height='{at.height:g}' rx='8'"
            f" fill='{FILLS[fill]}' stroke='{LINE}' stroke-width='1.2'/>"
        )
        top = at.centre.y - 8 * (len(lines) - 1)
        for number, line in enumerate(lines):
            place = Point(at.centre.x, top + 16 * number + 4.5)
            self.text(place, line, size=13 if number == 0 else 11, bold=number == 0)

    def text(
        self, at: Point, words: str, *, size: int = 12, bold: bool = False, anchor: str = "middle"
    ) -> None:
        weight = " font-weight='600'" if bold else ""
        self._parts.append(
            f"<text x='{at.x:g}' y='{at.y:g}' text-anchor='{anchor}' font-size='{size}'{weight} fill='{INK}'"
            f" {FONT}>{escape(words)}</text>"
        )

    def label(self, at: Point, words: str, size: int = 11) -> None:
        """Words on a line, readable because the line is hidden behind them."""
        width = len(words) * size * 0.53 + 8
        self._parts.append(
            f"<rect x='{at.x - width / 2:g}' y='{at.y - size:g}' width='{width:g}' height='{size + 6}'"
            f" fill='{PAPER}' fill-opacity='0.9'/>"
        )
        self.text(Point(at.x, at.y), words, size=size)

    def arrow(self, start: Point, end: Point) -> None:
        self._parts.append(
            f"<path d='M{start.x:.1f} {start.y:.1f} L{end.x:.1f} {end.y:.1f}' fill='none' stroke='{LINE}'"
            " stroke-width='1.5' marker-end='url(#arrow)'/>"
        )

    def loop(self, box: Box) -> None:
        """An arrow from the top of a box back to it."""
        left, right, top = box.centre.x - 18, box.centre.x + 18, box.y - 30
        self._parts.append(
            f"<path d='M{left:.1f} {box.y:.1f} C{left - 14:.1f} {top:.1f} {right + 14:.1f} {top:.1f}"
            f" {right:.1f} {box.y:.1f}' fill='none' stroke='{LINE}' stroke-width='1.5'"
            " marker-end='url(#arrow)'/>"
        )

    def line(self, start: Point, end: Point) -> None:
        self._parts.append(
            f"<line x1='{start.x:g}' y1='{start.y:g}' x2='{end.x:g}' y2='{end.y:g}' stroke='{LINE}'"
            " stroke-width='1' stroke-dasharray='3 4'/>"
        )

    def __str__(self) -> str:
        body = "\n".join(self._parts)
        return (
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {self.width} {self.height}'"
            f" width='{self.width}' height='{self.height}' role='img'>\n<title>{escape(self.title)}</title>\n"
            f"{HEAD}\n<rect width='{self.width}' height='{self.height}' fill='{PAPER}'/>\n{body}\n</svg>\n"
        )
