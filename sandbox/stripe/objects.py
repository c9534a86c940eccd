"""Fresh objects in the exact shape of Stripe's own examples, and their ids."""

import json
import secrets
import string
from copy import deepcopy
from pathlib import Path
from typing import Any

Json = dict[str, Any]

SHAPES: dict[str, Json] = {
    shape.stem: json.loads(shape.read_text("utf-8"))
    for shape in Path(__file__).with_name("shapes").glob("*.json")
}
ALPHABET = string.ascii_letters + string.digits


def shaped(kind: str, /, **fields: Any) -> Json:
    """A new object of this kind with these fields set; a field the kind lacks is a mistake of ours."""
    unknown = fields.keys() - SHAPES[kind].keys()
    if unknown:
        raise KeyError(f"{kind} has no field {', '.join(sorted(unknown))}")
    return {**deepcopy(SHAPES[kind]), **fields}


def new_id(prefix: str, length: int = 24) -> str:
    """An id as Stripe makes them: the kind's prefix and random letters and digits."""
    return prefix + "_" + "".join(secrets.choice(ALPHABET) for _ in range(length))
