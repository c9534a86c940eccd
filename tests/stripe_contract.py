"""Checks what goes to Stripe, and what a stand-in for Stripe answers, by the `stripe` package's types.

The package names every parameter (`stripe.params`) and every field (its resource classes), so a stand-in
that passes here cannot drift into fiction. Nothing of the stand-in is used: what is known here is read from
the package alone. Each function gives a list of problems, empty when all is well.
"""

import ast
import importlib
import re
import sys
import types
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import stripe
from stripe._error_object import ErrorObject
from stripe._list_object import ListObject
from stripe._object_classes import get_object_class
from stripe._stripe_object import UntypedStripeObject
from typing_extensions import is_typeddict

PACKAGE = Path(stripe.__file__).parent
OPTIONS = stripe.RequestOptions.__annotations__.keys()  # inherited by every parameter type, never sent
UNIONS = (Union, types.UnionType)
SCALARS: dict[Any, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    float: (int, float),
    bool: (bool,),
    Decimal: (str,),  # a decimal travels as a string
    type(None): (type(None),),
}


def check_params(method: str, path: str, params: dict[str, Any]) -> list[str]:
    """Problems of a request: an unknown address or parameter, a value of the wrong type."""
    wanted = _params_type(method.lower(), path)
    if wanted is None:
        return [f"{method} {path}: the stripe package knows no such request"]
    return [f"{method} {path} {problem}" for problem in _problems(params, wanted, "")]


def check_object(thing: dict[str, Any]) -> list[str]:
    """Problems of an object or a list as Stripe answers it, however deep."""
    kind = thing.get("object")
    if kind == "list":
        return _problems(thing, ListObject[Any], "list")
    known: Any = get_object_class("V1", str(kind))
    if known is stripe.StripeObject:
        return [f"{kind}: the stripe package knows no such object"]
    if kind == "event":
        return _problems(thing, known, "event") + _previous_problems(thing)
    return _problems(thing, known, str(kind))


def check_answer(status: int, answer: dict[str, Any]) -> list[str]:
    """Problems of an answer of any status: an object, or an error object."""
    if status < 400:
        return check_object(answer)
    return _problems(answer.get("error"), ErrorObject, "error", complete=False)


def check_log(entries: list[dict[str, Any]]) -> list[str]:
    """Problems of the requests and answers that the sandbox lists under /_sandbox/requests."""
    found = []
    for entry in entries:
        if entry["status"] < 400:  # a refused request may well name what Stripe does not know
            found += check_params(entry["method"], entry["path"], entry["params"])
        found += check_answer(entry["status"], entry["answer"])
    return found


def _previous_problems(event: dict[str, Any]) -> list[str]:
    kind: Any = get_object_class("V1", event["data"]["object"]["object"])
    previous = event["data"].get("previous_attributes", {})
    return [
        f"event.data.previous_attributes.{name}: no such field"
        for name in previous.keys() - _fields(kind).keys()
    ]


def _problems(value: Any, hint: Any, where: str, *, complete: bool = True) -> list[str]:
    if get_origin(hint) in UNIONS:
        return _problems_of_union(value, hint, where)
    if hint is Any:
        return check_object(value) if isinstance(value, dict) and "object" in value else []
    if hint in SCALARS or get_origin(hint) is Literal:
        return _problems_of_scalar(value, hint, where)
    if get_origin(hint) in PARTS:
        return PARTS[get_origin(hint)](value, get_args(hint)[-1], where)
    return _problems_of_fields(value, hint, where, complete=complete)


def _problems_of_scalar(value: Any, hint: Any, where: str) -> list[str]:
    if get_origin(hint) is Literal:
        return [] if value in get_args(hint) else [f"{where}: {value!r} is none of {get_args(hint)[:8]}"]
    fits = isinstance(value, SCALARS[hint]) and (hint is bool or not isinstance(value, bool))
    return [] if fits else [f"{where}: {value!r} is no {hint.__name__}"]


def _problems_of_union(value: Any, hint: Any, where: str) -> list[str]:
    """None when one alternative fits. Words are taken strictly, though the package allows any to come."""
    found = []
    for choice in _choices_for(hint, type(value)):
        found.append(_problems(value, choice, where))
        if not found[-1]:
            break
    return min(found, key=len)


def _problems_of_list(value: Any, inner: Any, where: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{where}: {value!r} is no list"]
    return [each for index, item in enumerate(value) for each in _problems(item, inner, f"{where}[{index}]")]


def _problems_of_mapping(value: Any, inner: Any, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no mapping"]
    if "object" in value:
        return check_object(value)
    return [each for name, item in value.items() for each in _problems(item, inner, f"{where}.{name}")]


def _problems_of_page(value: Any, inner: Any, where: str) -> list[str]:
    if not isinstance(value, dict) or value.keys() != {"object", "data", "has_more", "url"}:
        return [f"{where}: not a list object"]
    found = _problems(value["has_more"], bool, f"{where}.has_more") + _problems(
        value["url"], str, f"{where}.url"
    )
    return found + _problems_of_list(value["data"], inner, f"{where}.data")


PARTS: dict[Any, Callable[[Any, Any, str], list[str]]] = {
    list: _problems_of_list,
    dict: _problems_of_mapping,
    UntypedStripeObject: _problems_of_mapping,
    ListObject: _problems_of_page,
}


def _problems_of_fields(value: Any, known: Any, where: str, *, complete: bool) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no {known.__name__}"]
    fields = _fields(known)
    found = [f"{where}.{name}: no such field" for name in value.keys() - fields.keys()]
    if complete and not value.get("deleted"):
        found += [f"{where}.{name}: missing" for name in _required(known) - value.keys()]
    for name, item in value.items():
        if name in fields:
            found += _problems(item, fields[name], f"{where}.{name}")
    return found


@cache
def _choices_for(hint: Any, kind: type) -> list[Any]:
    """The alternatives that a value of this kind can be one of."""
    choices = list(_choices(hint))
    words = {word for choice in choices if get_origin(choice) is Literal for word in get_args(choice)}
    if kind is str and words - {""}:  # the empty word unsets, and says nothing of the others
        return [choice for choice in choices if choice is not str]
    if kind is dict:
        return [choice for choice in choices if choice not in SCALARS] or choices
    return choices


def _choices(hint: Any) -> Iterator[Any]:
    for choice in get_args(hint):
        if get_origin(choice) in UNIONS:
            yield from _choices(choice)
        else:
            yield choice


@cache
def _fields(known: Any) -> dict[str, Any]:
    """The fields of a resource class, or the parameters of a TypedDict, with their types resolved."""
    hints = get_type_hints(known, localns=_names_for_checkers(known.__module__))
    hidden = OPTIONS if is_typeddict(known) else {"OBJECT_NAME"}
    return {name: hint for name, hint in hints.items() if name not in hidden and not name.startswith("_")}


@cache
def _required(known: Any) -> set[str]:
    if is_typeddict(known):
        return set(known.__required_keys__) - OPTIONS
    return {name for name, hint in _fields(known).items() if type(None) not in get_args(hint)}


@cache
def _names_for_checkers(module: str) -> dict[str, Any]:
    """What a module imports `if TYPE_CHECKING`, which its annotations name all the same."""
    names = {**vars(sys.modules[stripe.RequestOptions.__module__]), "StripeContext": str}
    tree = ast.parse(Path(str(sys.modules[module].__file__)).read_text("utf-8"))
    for block in (node for node in tree.body if isinstance(node, ast.If)):
        for line in (node for node in block.body if isinstance(node, ast.ImportFrom)):
            for alias in line.names:
                names[alias.asname or alias.name] = getattr(
                    importlib.import_module(str(line.module)), alias.name
                )
    return names


@cache
def _params_type(method: str, path: str) -> Any:
    for known_method, pattern, module, name in _requests():
        if known_method == method and pattern.fullmatch(path):
            return getattr(importlib.import_module(module), name)
    return None


@cache
def _requests() -> list[tuple[str, re.Pattern[str], str, str]]:
    """Every request the package can make: method, path, and where its parameters' type is defined."""
    return [request for file in PACKAGE.rglob("*_service.py") for request in _requests_in(file)]


def _requests_in(file: Path) -> Iterator[tuple[str, re.Pattern[str], str, str]]:
    tree = ast.parse(file.read_text("utf-8"))
    modules = {
        alias.name: str(line.module)
        for line in ast.walk(tree)
        if isinstance(line, ast.ImportFrom)
        for alias in line.names
    }
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        name = re.search(r"\w+Params", " ".join(ast.unparse(arg) for arg in function.args.args))
        request = re.search(r"_request\('(\w+)', '(/v1/[^']*)'", ast.unparse(function))
        if name and request:
            path = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(request[2]))
            yield request[1], re.compile(path), modules[name[0]], name[0]
