"""The packages of the application in their layers, drawn from the contract that `lint-imports` checks."""

import tomllib
from pathlib import Path

from docs.diagrams.svg import Box, Drawing, Point

CONTRACT = Path(__file__).parents[2] / "pyproject.toml"
WIDTH, LAYER, GAP = 860, 38, 8
COLOURS = {
    "cli": "amber",
    "server": "amber",
    "admin": "amber",
    "monitoring": "amber",
    "privacy": "blue",
    "payments": "blue",
    "bookings": "blue",
    "coaches": "blue",
    "accounts": "blue",
    "emails": "green",
    "idempotency": "green",
}


def layers() -> list[list[str]]:
    """The packages of each layer, top down: a package imports only what stands below it."""
    contracts = tomllib.loads(CONTRACT.read_text())["tool"]["importlinter"]["contracts"]
    [of_app] = [each for each in contracts if each.get("containers") == ["app"]]
    return [layer.split(" | ") for layer in of_app["layers"]]


def of_app() -> Drawing:
    rows = layers()
    drawing = Drawing(WIDTH, 50 + len(rows) * (LAYER + GAP), "The packages of app, in layers")
    drawing.text(Point(20, 24), "A package imports only packages below it.", anchor="start")
    for number, packages in enumerate(rows):
        width = (WIDTH - 40 - GAP * (len(packages) - 1)) / len(packages)
        for place, package in enumerate(packages):
            box = Box(20 + place * (width + GAP), 40 + number * (LAYER + GAP), width, LAYER)
            drawing.box(box, [package], COLOURS.get(package, "plain"))
    return drawing
