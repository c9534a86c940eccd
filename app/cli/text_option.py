"""Text of options, by the rules of the JSON routes."""

from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from app.accounts.schemas import Name
from app.admin.disputes import Statement
from app.admin.schemas import Reason
from app.validation_errors import predicate


class TextOption(click.ParamType[str]):
    """Text of a type of the JSON routes: normalised, and refused in their words."""

    name = "text"

    def __init__(self, kind: Any) -> None:
        self._adapter: TypeAdapter[str] = TypeAdapter(kind)

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return self._adapter.validate_python(value)
        except ValidationError as error:
            self.fail(f"{predicate(error.errors(include_url=False)[0])}.", param, ctx)


NAME = TextOption(Name)
REASON = TextOption(Reason)
STATEMENT = TextOption(Statement)
