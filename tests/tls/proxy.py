"""A TLS proxy in front of a server without TLS: it decrypts what comes in and passes it on."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.certificates import Certificate

Behind = tuple[str, int] | str
SSL_REQUEST = bytes.fromhex("0000000804d2162f")  # PostgreSQL, "Message Formats": SSLRequest


@contextmanager
def tls_proxy(certificate: Certificate, behind: Behind, *, to_postgres: bool = False) -> Iterator[int]:
    """The port of a door, until the end. `behind` is a host and port, or the path of a unix socket.

    PostgreSQL's clients ask first whether TLS is spoken (SSLRequest), and are told so.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.file, certificate.key_file)
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server, context, behind, to_postgres), daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)  # ends the wait for callers


def _accept(server: socket.socket, context: ssl.SSLContext, behind: Behind, to_postgres: bool) -> None:
    with suppress(OSError):
        while True:
            caller, _ = server.accept()
            if to_postgres and caller.recv(8) == SSL_REQUEST:
                caller.sendall(b"S")
            threading.Thread(target=_serve, args=(caller, context, behind), daemon=True).start()


def _serve(caller: socket.socket, context: ssl.SSLContext, behind: Behind) -> None:
    """Who does not believe the certificate hangs up during the handshake."""
    with (
        suppress(OSError),
        caller,
        _connected(behind) as inside,
        context.wrap_socket(caller, server_side=True) as outside,
    ):
        outside.settimeout(0.02)  # one thread reads and writes: OpenSSL's objects stand no two
        inside.settimeout(0.02)
        while _hand_on(outside, inside) and _hand_on(inside, outside):
            pass


def _connected(behind: Behind) -> socket.socket:
    if isinstance(behind, tuple):
        return socket.create_connection(behind)
    inside = socket.socket(socket.AF_UNIX)
    inside.connect(behind)
    return inside


def _hand_on(source: socket.socket, target: socket.socket) -> bool:
    """Whether the source is still there."""
    try:
        found = source.recv(65536)
    except TimeoutError:
        return True
    target.sendall(found)
    return found != b""
