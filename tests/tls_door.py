"""A TLS door in front of a server that has none: what comes in is decrypted and handed on."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.certificates import Certificate


@contextmanager
def tls_door(certificate: Certificate, host: str, port: int) -> Iterator[int]:
    """The port of a door that leads to `host` and `port`, until the end."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.file, certificate.key_file)
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server, context, (host, port)), daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)  # ends the wait for callers


def _accept(server: socket.socket, context: ssl.SSLContext, behind: tuple[str, int]) -> None:
    with suppress(OSError):
        while True:
            caller, _ = server.accept()
            threading.Thread(target=_serve, args=(caller, context, behind), daemon=True).start()


def _serve(caller: socket.socket, context: ssl.SSLContext, behind: tuple[str, int]) -> None:
    """Who does not believe the certificate hangs up during the handshake."""
    with suppress(OSError), caller, socket.create_connection(behind) as inside:
        with context.wrap_socket(caller, server_side=True) as outside:
            outside.settimeout(0.02)  # one thread reads and writes: OpenSSL's objects stand no two
            inside.settimeout(0.02)
            while _hand_on(outside, inside) and _hand_on(inside, outside):
                pass


def _hand_on(source: socket.socket, target: socket.socket) -> bool:
    """Whether the source is still there."""
    try:
        found = source.recv(65536)
    except TimeoutError:
        return True
    target.sendall(found)
    return found != b""
