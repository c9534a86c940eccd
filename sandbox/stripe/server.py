"""The web server: the fake Stripe on its port, with its threads."""

import socket
import threading
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.stripe.account import Account
from sandbox.stripe.application import create_app
from sandbox.stripe.clock import Ticker
from sandbox.stripe.settings import Settings


class PortTakenError(OSError):
    """Something else listens there already."""


class QuietHandler(WSGIRequestHandler):
    """Logs nothing per request: the dashboard shows them."""

    def log_request(self, *args: Any) -> None:
        """Say nothing."""


class Server:
    """A running sandbox, on the address that its settings name."""

    def __init__(self, settings: Settings) -> None:
        self._listener = _listen(*settings.address())
        self.account = Account(settings)
        self._ticker = Ticker(settings.tick, self.account.run_due)
        host, port = self._listener.getsockname()
        self._web = make_server(
            host,
            port,
            create_app(self.account),
            threaded=True,
            request_handler=QuietHandler,
            fd=self._listener.fileno(),
        )

    def serve(self) -> None:
        """Answer until `stop` is called from elsewhere."""
        self._ticker.start()
        try:
            self._web.serve_forever(poll_interval=0.2)
        finally:
            self._ticker.stop()
            self.account.deliveries.stop()
            self._web.server_close()
            self._listener.close()

    def start(self) -> None:
        """Serve in a thread of this process, as tests want it."""
        threading.Thread(target=self.serve, daemon=True, name="sandbox-stripe").start()

    def stop(self) -> None:
        """End `serve`; not to be called from its own thread."""
        self._web.shutdown()


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise PortTakenError(f"{host}:{port} is taken: {error.strerror}") from error
    return listener
