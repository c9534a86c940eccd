"""The operator's commands, besides Flask's own."""

import click
from apiflask import APIFlask


def register(app: APIFlask) -> None:
    app.cli.add_command(account)


@click.group()
def account() -> None:
    """People who may sign in."""
