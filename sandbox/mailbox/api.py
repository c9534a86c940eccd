"""The mails and the faults as JSON."""

from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, request, url_for
from pydantic import ValidationError

from sandbox.mailbox.faults import Fault, Faults
from sandbox.mailbox.message import Attachment, Message
from sandbox.mailbox.store import Store

api = Blueprint("api", __name__)


def store() -> Store:
    """The mails of this mailbox."""
    found: Store = current_app.extensions["mailbox"]
    return found


def faults() -> Faults:
    """The faults of this mailbox's SMTP server."""
    found: Faults = current_app.extensions["faults"]
    return found


def message_or_404(number: int) -> Message:
    """The mail of that number; ends the request when there is none."""
    return store().get(number) or abort(404, "No such mail: it was deleted, or made room for newer ones.")


@api.get("/api/messages")
def list_messages() -> dict[str, Any]:
    """Newest first, narrowed by `to` (an exact address) and `subject` (a part of it)."""
    found = store().find(to=request.args.get("to", ""), subject=request.args.get("subject", ""))
    return {"items": [as_json(message) for message in found], "total": len(found)}


@api.delete("/api/messages")
def delete_messages() -> tuple[str, int]:
    store().clear()
    return "", 204


@api.get("/api/messages/<int:number>")
def show_message(number: int) -> dict[str, Any]:
    return as_json(message_or_404(number))


@api.get("/api/messages/<int:number>/raw")
def show_raw(number: int) -> Response:
    """The mail's bytes as they came; shown as text, whatever they hold."""
    return Response(message_or_404(number).raw, content_type="text/plain; charset=utf-8")


@api.get("/api/messages/<int:number>/attachments/<int:place>")
def show_attachment(number: int, place: int) -> Response:
    """An attachment as a download, so that no browser runs what is in it."""
    attachments = message_or_404(number).attachments
    if place >= len(attachments):
        abort(404, "No such attachment.")
    answer = Response(attachments[place].content, content_type=attachments[place].content_type)
    answer.headers.set("Content-Disposition", "attachment", filename=attachments[place].filename)
    return answer


@api.get("/_sandbox/faults")
def list_faults() -> dict[str, Any]:
    """The faults still to come."""
    return {"items": [fault.model_dump() for fault in faults().left()]}


@api.post("/_sandbox/faults")
def add_fault() -> tuple[Response, int]:
    try:
        fault = Fault.model_validate_json(request.get_data())
    except ValidationError as invalid:
        return jsonify(
            errors=invalid.errors(include_url=False, include_context=False, include_input=False)
        ), 422
    faults().add(fault)
    return jsonify(fault.model_dump()), 201


@api.delete("/_sandbox/faults")
def delete_faults() -> tuple[str, int]:
    faults().clear()
    return "", 204


def as_json(message: Message) -> dict[str, Any]:
    """A mail as the API shows it."""
    return {
        "id": message.id,
        "message_id": message.message_id,
        "from": message.sender,
        "envelope_from": message.envelope_from,
        "to": list(message.to),
        "subject": message.subject,
        "received_at": message.received_at.isoformat().replace("+00:00", "Z"),
        "text": message.text,
        "html": message.html,
        "attachments": [_as_json(message, place, each) for place, each in enumerate(message.attachments)],
        "headers": message.headers,
    }


def _as_json(message: Message, place: int, attachment: Attachment) -> dict[str, Any]:
    return {
        "filename": attachment.filename,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "url": url_for("api.show_attachment", number=message.id, place=place, _external=True),
    }
