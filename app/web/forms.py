"""Forms: the same models and the same refusals as the JSON routes, shown at the fields of a page.

A field is named like the model's: `email`; `prices.0.amount` inside lists and objects; `languages[]` for
checkboxes or a list of values. Blank fields count as absent. Names that begin with `_` are the page's own.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import render_template, request
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import MultiDict

from app import validation_errors
from app.accounts.cookies import CSRF_FIELD
from app.extensions import db
from app.http import pages
from app.http.problems import Invalid, Problem
from app.validation_errors import Fault

Model = TypeVar("Model", bound=BaseModel)

_PLAIN = {"is missing; send it": "is missing", "is not known here; leave it out": "is not known here"}
"""Predicates that speak of requests, and what a form says."""


@dataclass
class Field:
    """One field as a template shows it."""

    name: str
    label: str
    value: str
    values: list[str]
    errors: list[str]

    @property
    def id(self) -> str:
        return "field-" + self.name.replace(".", "-").removesuffix("[]")


@dataclass
class Form:
    """What a visitor typed, and what is wrong with it."""

    values: "MultiDict[str, str]" = field(default_factory=MultiDict)
    faults: list[Fault] = field(default_factory=list)
    problem: Problem | None = None
    """A refusal that belongs to no field."""
    status: int = 200
    _shown: dict[str, Field] = field(default_factory=dict)

    @classmethod
    def sent(cls) -> "Form":
        """The form of the current request."""
        return cls(MultiDict(request.form))

    @classmethod
    def asked(cls, model: type[BaseModel]) -> "Form":
        """The query of the current request. Parameters that the model does not have are left out: other
        sites add theirs to links.
        """
        known = {each.alias or name for name, each in model.model_fields.items()}
        sent = request.args.items(multi=True)
        return cls(MultiDict([(name, value) for name, value in sent if name.removesuffix("[]") in known]))

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Form":
        """A form that shows what is stored: `{"name": "Ada", "prices": [{"amount": 75}]}`."""
        return cls(MultiDict(list(_flat(values, ""))))

    def read(self, model: type[Model], blank: Mapping[str, Any] | None = None) -> Model:
        """The validated model. `blank` says what a blank field means where it is more than absent.

        Raises pydantic's ValidationError, for `problems`.
        """
        return model.model_validate(_nested(self.values, blank or {}))

    @contextmanager
    def problems(self) -> Iterator[None]:
        """Keep a refusal raised inside the block for the page, and roll back what it began.

        Leave the block with the answer to a success (`return redirect(...)`); after it, show the page again.
        """
        try:
            yield
        except ValidationError as error:
            self._keep(Invalid(*_first_and_more(validation_errors.found_by(error, "json"))))
        except Problem as problem:
            self._keep(problem)

    def page(self, template: str, **shown: Any) -> tuple[str, int]:
        """The page with this form."""
        return render_template(template, form=self, **shown), self.status

    def field(self, name: str, label: str) -> Field:
        """A field for a template, which says under what name people know it."""
        place = "/" + name.removesuffix("[]").replace(".", "/")
        wrong = [each.wrong for each in self.faults if _is_at(each, place)]
        errors = [f"{label} {_PLAIN.get(said, said)}." for said in wrong]
        values = self.values.getlist(name)
        self._shown[name] = Field(name, label, values[-1] if values else "", values, errors)
        return self._shown[name]

    @property
    def wrong_fields(self) -> list[Field]:
        """Fields of the page with an error, once all have been rendered."""
        return [each for each in self._shown.values() if each.errors]

    @property
    def other_errors(self) -> list[str]:
        """Refusals that no field of the page shows."""
        places = ["/" + name.removesuffix("[]").replace(".", "/") for name in self._shown]
        loose = [each for each in self.faults if not any(_is_at(each, place) for place in places)]
        said = [self.problem.detail] if self.problem else []
        return said + [Fault(each.place, _PLAIN.get(each.wrong, each.wrong)).sentence for each in loose]

    def _keep(self, problem: Problem) -> None:
        db.session.rollback()
        pages.refused(problem)
        self.status = 422 if problem.status == 401 else problem.status  # 401 would ask for another scheme
        if isinstance(problem, Invalid):
            self.faults = problem.faults
        else:
            self.problem = problem


def _is_at(fault: Fault, place: str) -> bool:
    """Whether the fault is of this field, of an entry of it, or of a query's parameter with its name."""
    at = fault.place if fault.place.startswith("/") else f"/{fault.place}"
    return at == place or at.startswith(f"{place}/")


def _first_and_more(faults: list[Fault]) -> tuple[Any, ...]:
    (place, wrong), *more = faults
    return place, wrong, *more


def _nested(values: "MultiDict[str, str]", blank: Mapping[str, Any]) -> dict[str, Any]:
    """The input of a model: objects and lists by the dots in names, without what is blank."""
    found: dict[str, Any] = {}
    for name in values:
        if name.startswith("_") or name == CSRF_FIELD:
            continue
        plain, sent = name.removesuffix("[]"), [each for each in values.getlist(name) if each.strip()]
        if name.endswith("[]"):
            _set(found, plain.split("."), sent)
        elif sent:
            _set(found, plain.split("."), values.getlist(name)[-1])
        elif plain in blank:
            _set(found, plain.split("."), blank[plain])
    compact: dict[str, Any] = _compact(found)
    return compact


def _set(into: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        deeper = into.setdefault(step, {})
        if not isinstance(deeper, dict):
            return
        into = deeper
    into[steps[-1]] = value


def _compact(found: Any) -> Any:
    """Objects whose names are all numbers become lists, in the order of the numbers."""
    if not isinstance(found, dict):
        return found
    if found and all(step.isdecimal() for step in found):
        return [_compact(found[step]) for step in sorted(found, key=int)]
    return {step: _compact(value) for step, value in found.items()}


def _flat(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for step, inner in value.items():
            yield from _flat(inner, f"{name}.{step}" if name else str(step))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            is_scalar = not isinstance(inner, Mapping | list | tuple)
            yield from _flat(inner, f"{name}[]" if is_scalar else f"{name}.{number}")
    elif value is not None:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)
