"""What a control is sent, and what it is."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, request
from pydantic import BaseModel

Body = TypeVar("Body", bound=BaseModel)
Control = tuple[str, str, Callable[..., Response]]  # method, path, view


def read(model: type[Body]) -> Body:
    """The request's JSON; no body means all defaults."""
    sent: Any = request.get_json(silent=True) if request.data else {}
    return model.model_validate(sent)
