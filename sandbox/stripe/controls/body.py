"""What a control is sent, and what it is."""

from collections.abc import Callable
from typing import TypeVar

from flask import Response, request
from pydantic import BaseModel

Body = TypeVar("Body", bound=BaseModel)
Control = tuple[str, str, Callable[..., Response]]  # method, path, view


def read(model: type[Body]) -> Body:
    """The request's JSON, whatever `curl -d` says it is; no body means all defaults."""
    sent = request.get_data()
    return model.model_validate_json(sent) if sent else model()
