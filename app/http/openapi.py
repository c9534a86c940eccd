"""/openapi.json and /docs, generated from the code; the page's own files come from a package, not a CDN."""

import base64
import hashlib
from collections.abc import Iterator
from copy import deepcopy
from importlib.resources import files
from typing import Any

from apiflask import APIFlask
from flask import Response, render_template_string, send_from_directory
from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import JsonSchemaMode, SkipJsonSchema

from app.config.settings import Settings
from app.http import openapi_tables as tables
from app.http import security_headers
from app.http.access_rule import public
from app.http.openapi_schemas import Components

_FILES = str(files("flask_openapi3_swagger") / "templates" / "swagger")


class FieldError(BaseModel):
    """A bad value: a JSON pointer into the body, or the name of a parameter, and what is expected."""

    pointer: str
    detail: str


class ProblemView(BaseModel):
    """RFC 9457, application/problem+json. `type` is the URL of a page about the kind of problem.

    `errors` comes with a 422. `nearest_free` comes with slot-taken. `refund_id` comes with refund-followed:
    the refund that replaced this one.
    """

    model_config = ConfigDict(
        json_schema_extra={"required": ["type", "title", "status", "detail", "request_id"]}
    )

    type: str = ""
    title: str = ""
    status: int = 0
    detail: str = ""
    request_id: str = ""
    errors: list[FieldError] | SkipJsonSchema[None] = None
    nearest_free: list[str] | SkipJsonSchema[None] = None
    refund_id: str | SkipJsonSchema[None] = None


CONFIG: dict[str, Any] = {
    "OPENAPI_VERSION": "3.1.0",
    "TAGS": list(dict.fromkeys(tables.TAG_OF_BLUEPRINT.values())),
    "HTTP_ERROR_SCHEMA": ProblemView,
    "VALIDATION_ERROR_SCHEMA": ProblemView,
    "AUTO_404_RESPONSE": False,
    "AUTO_OPERATION_ID": True,
    "SECURITY_SCHEMES": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    "INFO": {
        "description": "Coaching sessions: booked over HTTP, paid on Stripe Checkout, confirmed by e-mail."
    },
}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>CultureBridge API</title>
<link rel="stylesheet" href="/docs/files/css/swagger-ui.css">
</head>
<body style="margin:0">
<div id="page"></div>
<script src="/docs/files/js/swagger-ui-bundle.js"></script>
<script>{{ script|safe }}</script>
</body>
</html>
"""
_SCRIPT = """
SwaggerUIBundle({url: "/openapi.json", dom_id: "#page", deepLinking: true, persistAuthorization: false})
"""
_HASH = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()


DESCRIPTION = "/openapi.json"


def register(app: APIFlask, settings: Settings) -> None:
    """Register the routes only if API_DOCS is on."""
    app.jinja_env.globals["has_docs"] = settings.api_docs
    if settings.api_docs:
        public(app.view_functions["openapi.spec"])
        app.add_url_rule("/docs", view_func=app.doc(hide=True)(_page))
        app.add_url_rule("/docs/files/<path:name>", view_func=app.doc(hide=True)(_file))

    @app.spec_processor
    def complete(spec: Any) -> Any:
        components = Components(_models(app), tables.SCHEMA_NAMES)
        endpoints = {name.replace(".", "_"): name for name in app.view_functions}
        for path in spec["paths"].values():
            for operation in path.values():
                endpoint = endpoints[operation["operationId"].partition("_")[2]]
                view = app.view_functions[endpoint]
                _refer(components, operation, view)
                _complete(operation, endpoint, view)
        spec["components"] |= {
            "schemas": components.schemas_besides(_queries(app)),
            "headers": tables.HEADERS,
        }
        spec["paths"] = dict(sorted(spec["paths"].items(), key=_room_and_path))
        return spec


def _queries(app: APIFlask) -> Iterator[type[BaseModel]]:
    for view in app.view_functions.values():
        yield from (model for model, _ in getattr(view, "_spec", {}).get("args", []))


def _models(app: APIFlask) -> Iterator[tuple[type[BaseModel], JsonSchemaMode]]:
    """The models of all requests and responses."""
    yield ProblemView, "serialization"
    yield from ((model, "validation") for model in _queries(app))
    for view in app.view_functions.values():
        body, answer = _body_and_answer(view)
        if body:
            yield body, "validation"
        if answer:
            yield answer, "serialization"


def _body_and_answer(view: Any) -> tuple[type[BaseModel] | None, type[BaseModel] | None]:
    spec = getattr(view, "_spec", {})
    answer = spec.get("response", {}).get("schema")
    return spec.get("body"), answer if isinstance(answer, type) and issubclass(answer, BaseModel) else None


def _refer(components: Components, operation: dict[str, Any], view: Any) -> None:
    """Point an operation at the component schemas of its models."""
    body, answer = _body_and_answer(view)
    if body:
        reference = components.reference(body, "validation")
        operation["requestBody"]["required"] = components.has_required_fields(body)
        for content in operation["requestBody"]["content"].values():
            content["schema"] = reference
    if answer:
        success = operation["responses"][str(view._spec["response"]["status_code"])]
        success["content"]["application/json"]["schema"] = components.reference(answer, "serialization")
    for model, _ in view._spec.get("args", []):
        fields = components.fields(model)
        for parameter in operation["parameters"]:
            if parameter["in"] == "query":
                parameter.update(_described(fields[parameter["name"]]))


def _described(field: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema, with the description beside it."""
    schema = {key: value for key, value in field.items() if key != "description"}
    return {"schema": schema} | ({"description": field["description"]} if "description" in field else {})


@public
def _page() -> Response:
    page = Response(render_template_string(_PAGE, script=_SCRIPT))
    page.headers["Content-Security-Policy"] = security_headers.page_policy(f"'sha256-{_HASH}'")
    return page


@public
def _file(name: str) -> Response:
    return send_from_directory(_FILES, name, max_age=86400)


def _room_and_path(item: tuple[str, dict[str, Any]]) -> tuple[int, str]:
    path, operations = item
    tag = next(iter(operations.values()))["tags"][0]
    return list(tables.TAG_OF_BLUEPRINT.values()).index(tag), path


def _complete_body(operation: dict[str, Any]) -> None:
    for status, description in (("400", "Not JSON"), ("413", "Too large"), ("415", "Not sent as JSON")):
        operation["responses"].setdefault(status, {"description": description})


def _complete(operation: dict[str, Any], endpoint: str, view: Any) -> None:
    """Add what the generator cannot know: access rules, headers and problem responses."""
    operation["tags"] = [tables.TAG_OF_BLUEPRINT[endpoint.partition(".")[0]]]
    operation["operationId"] = tables.OPERATION_IDS.get(endpoint) or _camel_case(endpoint.partition(".")[2])
    if view.access.roles is not None:
        operation["security"] = [{"bearer": []}]
        for status, description in (("401", "Not signed in"), ("403", "Not allowed")):
            operation["responses"][status] = {"description": description, "content": tables.PROBLEM}
    if "requestBody" in operation:
        _complete_body(operation)
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            parameter["schema"] = tables.PATH.get(parameter["name"], {"type": "string", "format": "uuid"})
    if getattr(view, "is_idempotent", False):
        operation["parameters"].append(tables.IDEMPOTENCY_KEY)
        for status, description in (("409", "In flight"), ("422", "The key was used for another request")):
            operation["responses"].setdefault(status, {"description": description})
    if getattr(view, "is_limited", False):
        operation["responses"]["429"] = {"description": "Too many requests; Retry-After says when to retry"}
    for status, answer in operation["responses"].items():
        if status >= "400":
            answer["content"] = tables.PROBLEM
    operation["responses"] |= deepcopy(tables.FURTHER_ANSWERS.get(endpoint, {}))
    for status, answer in operation["responses"].items():
        answer["headers"] = {
            name: {"$ref": f"#/components/headers/{name}"} for name in _headers(view, status, answer)
        }


def _headers(view: Any, status: str, answer: dict[str, Any]) -> Iterator[str]:
    yield "X-Request-ID"
    if status in {"429", "503"}:
        yield "Retry-After"
    if status < "300" and getattr(view, "is_idempotent", False):
        yield "Idempotent-Replayed"
    if status == "200" and "text/calendar" in answer.get("content", {}):
        yield "ETag"


def _camel_case(name: str) -> str:
    """`getBooking` for show_booking."""
    first, *rest = name.replace("show_", "get_", 1).split("_")
    return first + "".join(part.capitalize() for part in rest)
