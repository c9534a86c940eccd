"""`python -m sandbox.mailbox`: SMTP on SMTP_PORT, a page on SANDBOX_MAILBOX_PORT, until a signal ends it."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Mapping

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox.mailbox.faults import Faults
from sandbox.mailbox.smtp import Reception, protocol
from sandbox.mailbox.store import Store
from sandbox.mailbox.web import create_app

HOST = "127.0.0.1"


class QuietRequests(WSGIRequestHandler):
    """No line for each request: the page asks for news every two seconds."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def main(environ: Mapping[str, str]) -> None:
    """Serve until a signal; ends with one line when a port is taken."""
    smtp = listen(environ, "SMTP_PORT", 1025)
    web = listen(environ, "SANDBOX_MAILBOX_PORT", 8025)
    store, faults = Store(), Faults()
    app = create_app(store, faults, smtp.getsockname()[1])
    port = web.getsockname()[1]
    pages = make_server(HOST, port, app, threaded=True, request_handler=QuietRequests, fd=web.fileno())
    asyncio.run(_serve(smtp, Reception(store, faults), pages))


def listen(environ: Mapping[str, str], variable: str, default: int) -> socket.socket:
    """A listening socket on the variable's port; stops the program, naming the variable, when it is taken."""
    port = int(environ.get(variable, "").strip() or default)
    try:
        return socket.create_server((HOST, port))
    except OSError as refused:
        why = os.strerror(refused.errno or 0)
        raise SystemExit(f"Port {port} cannot be used ({why}): set {variable} to another one.") from None


async def _serve(smtp: socket.socket, reception: Reception, pages: BaseWSGIServer) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stopped.set)
    receiving = await loop.create_server(lambda: protocol(reception), sock=smtp)
    # A daemon, so that a request in progress cannot hold up the end.
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    print(f"SMTP on port {smtp.getsockname()[1]}, mails at http://localhost:{pages.port}", flush=True)
    await stopped.wait()
    receiving.close()
    pages.shutdown()


if __name__ == "__main__":
    main(os.environ)
