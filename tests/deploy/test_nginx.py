"""deploy/nginx.conf in a real nginx: what reaches the web server behind it, and what stays with nginx."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from tests.certificates import Certificate, self_signed
from tests.deploy.files import ROOT
from tests.ports import free_ports, refusing
from tests.rate_limited_web import LimitedWeb, limited, limited_server
from tests.waiting import PATIENCE, wait_until

__all__ = ["limited", "limited_server"]
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
pytestmark = pytest.mark.skipif(not Path(NGINX).exists(), reason="nginx is not installed")
MANY = 40
"""More than the web server has threads."""
LONG_ANSWER = b"x" * 4_000_000
"""More than the system buffers of a connection."""
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
UNFINISHED = {
    "nothing": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: a\r\n",
    "half a body": POST + b"Content-Length: 1000\r\n\r\n{",
    "half the chunks": POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n",
}


@dataclass
class Nginx:
    """A running nginx, its ports, and the authority of its certificate."""

    http_port: int
    https_port: int
    certificate: Certificate
    acme: Path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.https_port}"

    @property
    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate.file))

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, verify=self.tls, timeout=PATIENCE)

    def call(self, sent: bytes) -> ssl.SSLSocket:
        """A connection over TLS on which this was sent."""
        made = socket.create_connection(("127.0.0.1", self.https_port), timeout=PATIENCE)
        secured = self.tls.wrap_socket(made, server_hostname="127.0.0.1")
        secured.sendall(sent)
        return secured


@dataclass
class Upstream:
    """A web server behind nginx that counts connections, and keeps the heads and bodies of requests."""

    connections: list[object] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            def setup(self) -> None:
                upstream.connections.append(self.client_address)
                super().setup()

            def do_GET(self) -> None:
                self._answer(LONG_ANSWER if self.path == "/long" else b"here")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                upstream.requests.append((dict(self.headers), body))
                self._answer(b"taken")

            def _answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                upstream.answered.append(self.path)

            def log_message(self, *_: object) -> None:
                """Nothing is logged."""

        return Handler


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Nginx]]:
    """Starts nginx in front of a web server at `host:port`."""
    with ExitStack() as started:

        def begin(web: str) -> Nginx:
            folder = tmp_path_factory.mktemp("nginx")
            nginx = Nginx(*free_ports(2), self_signed(folder, "localhost", "127.0.0.1"), folder / "acme")
            (folder / "nginx.conf").write_text(settled(nginx, folder, web))
            command = [NGINX, "-c", folder / "nginx.conf", "-g", "daemon off; user root;", "-e", "stderr"]
            running = started.enter_context(subprocess.Popen(command))
            started.callback(running.terminate)
            wait_until(lambda: listens(nginx.https_port))
            return nginx

        yield begin


def settled(nginx: Nginx, folder: Path, web: str) -> str:
    """The file as it is deployed, with addresses and folders of this machine."""
    text = (ROOT / "deploy/nginx.conf").read_text()
    for there, here in {
        "/tmp/": f"{folder}/",
        "listen 8080": f"listen 127.0.0.1:{nginx.http_port}",
        "listen 8443": f"listen 127.0.0.1:{nginx.https_port}",
        "set $web web:8000": f"set $web {web}",
        "/etc/nginx/tls/fullchain.pem": str(nginx.certificate.file),
        "/etc/nginx/tls/privkey.pem": str(nginx.certificate.key_file),
        "/var/www/acme": str(nginx.acme),
        "worker_processes auto": "worker_processes 1",
    }.items():
        assert there in text, there
        text = text.replace(there, here)
    return text


def listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def behind(start: Callable[[str], Nginx]) -> Iterator[tuple[Nginx, Upstream]]:
    upstream = Upstream()
    with ThreadingHTTPServer(("127.0.0.1", 0), upstream.handler()) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield start(f"127.0.0.1:{server.server_port}"), upstream
        server.shutdown()


@pytest.fixture(scope="module")
def nginx(start: Callable[[str], Nginx], limited_server: tuple[LimitedWeb, object]) -> Nginx:
    """In front of the web server as it runs in production."""
    return start(limited_server[0].url.removeprefix("http://"))


@pytest.mark.parametrize("sent", UNFINISHED.values(), ids=UNFINISHED)
def test_a_request_reaches_the_web_server_once_it_is_whole(
    behind: tuple[Nginx, Upstream], sent: bytes
) -> None:
    nginx, upstream = behind
    before = len(upstream.connections)
    with ExitStack() as slow, nginx.client() as http:
        for _ in range(MANY):
            slow.enter_context(nginx.call(sent))

        assert http.get("/").text == "here"

        assert len(upstream.connections) == before + 1


def test_a_body_in_chunks_arrives_with_its_length(behind: tuple[Nginx, Upstream]) -> None:
    nginx, upstream = behind
    with nginx.client() as http:
        assert http.post("/", content=iter([b"one ", b"two"])).text == "taken"

    headers, body = upstream.requests[-1]
    assert (headers["Content-Length"], body) == ("7", b"one two")


def test_a_client_that_reads_slowly_does_not_hold_the_web_server(behind: tuple[Nginx, Upstream]) -> None:
    nginx, upstream = behind
    with ExitStack() as slow:
        for _ in range(MANY):
            slow.enter_context(nginx.call(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n"))

        wait_until(lambda: upstream.answered.count("/long") == MANY)


def test_the_address_and_scheme_are_the_connection_s_own(behind: tuple[Nginx, Upstream]) -> None:
    nginx, upstream = behind
    claimed = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http"}
    with nginx.client() as http:
        http.post("/", headers=claimed)

    headers, _ = upstream.requests[-1]
    assert (headers["X-Forwarded-For"], headers["X-Forwarded-Proto"]) == ("127.0.0.1", "https")


def test_http_leads_to_https_but_for_the_certificate_s_challenge(behind: tuple[Nginx, Upstream]) -> None:
    nginx, _ = behind
    challenges = nginx.acme / ".well-known/acme-challenge"
    challenges.mkdir(parents=True)
    (challenges / "token").write_text("proof")
    with httpx.Client(base_url=f"http://127.0.0.1:{nginx.http_port}") as http:
        moved = http.post("/payment/webhook?a=b")
        proof = http.get("/.well-known/acme-challenge/token")

    assert (moved.status_code, moved.headers["Location"]) == (308, "https://127.0.0.1/payment/webhook?a=b")
    assert (proof.status_code, proof.text) == (200, "proof")


def test_a_web_server_that_is_away_is_a_problem_that_says_when_to_retry(
    start: Callable[[str], Nginx],
) -> None:
    with refusing() as port, start(f"127.0.0.1:{port}").client() as http:
        answer = http.post("/payment/webhook", content=b"{}")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 503


def test_the_application_answers_behind_it(nginx: Nginx, limited: LimitedWeb) -> None:
    too_long = b" " * (512 * 1024 + 1)
    with nginx.client() as http:
        ready = http.get("/health/ready")
        refused = http.post("/auth/login", content=too_long, headers={"Content-Type": "application/json"})

    assert ready.status_code == 200
    assert (refused.status_code, refused.headers["Content-Type"]) == (413, "application/problem+json")


def test_a_forged_address_does_not_escape_the_limits(nginx: Nginx, limited: LimitedWeb) -> None:
    with nginx.client() as http:
        answers = [
            http.get("/coach", headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code for n in range(241)
        ]

    assert (answers[0], answers[-1]) == (200, 429)


@pytest.mark.parametrize("chunk", [b"-2\r\n{}\r\n0\r\n\r\n", b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}0\r\n\r\n"])
def test_a_malformed_body_is_refused(nginx: Nginx, limited: LimitedWeb, chunk: bytes) -> None:
    head = b"POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    with nginx.call(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk) as opened:
        assert opened.recv(100).startswith(b"HTTP/1.1 400 ")

    assert "Traceback" not in limited.logged
