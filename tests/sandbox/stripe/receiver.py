"""An endpoint that listens for events, and can be told to misbehave."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import stripe

SECRET = "whsec_sandbox"


class Receiver:
    """Keeps every event it was sent; answers 200 unless `answers` holds other statuses for the next ones."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/payment/webhook"
        self.reset()

    def reset(self) -> None:
        """Forget all, and be well again."""
        self.events: list[dict[str, Any]] = []
        self.signatures: list[str] = []
        self.answers: list[int] = []
        self.pause = 0.0
        self.secret = SECRET

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def types(self) -> list[str]:
        """The types of the events, as they arrived."""
        return [event["type"] for event in self.events]

    def times(self, event_type: str) -> int:
        """How often an event of this type arrived."""
        return self.types().count(event_type)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                signature = self.headers["Stripe-Signature"]
                stripe.WebhookSignature.verify_header(body, signature, receiver.secret, tolerance=300)
                receiver.events.append(json.loads(body))
                receiver.signatures.append(signature)
                # Before the pause: one that outlasts its test must take no answer meant for the next.
                status = receiver.answers.pop(0) if receiver.answers else 200
                time.sleep(receiver.pause)  # a slow endpoint
                self.send_response(status)
                self.send_header("Content-Length", "0")
                if status == 302:
                    self.send_header("Location", receiver.url)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler
