"""One conversation with the mail server serves for many mails."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session

from app.emails import smtp, smtp_pool
from app.emails.models import Email
from tests.outbox import Post


class Server(Controller):
    """Remembers in which conversation each mail came."""

    def __init__(self) -> None:
        self.heard: list[Session] = []
        self.lines: list[asyncio.Transport] = []
        self.questions = 0
        super().__init__(self, hostname="127.0.0.1", port=0)

    async def handle_DATA(self, server: Any, session: Session, _envelope: Envelope) -> str:  # noqa: N802
        self.heard.append(session)
        self.lines.append(server.transport)
        return "250 OK"

    async def handle_NOOP(self, *_: Any) -> str:  # noqa: N802
        self.questions += 1
        return "250 OK"

    def _trigger_server(self) -> None:
        """Its port is known only now; aiosmtpd would knock at port 0."""
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()

    def hangs_up(self) -> None:
        """On everybody, without a word."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(10)

    async def _hang_up(self) -> None:
        for line in self.lines:
            line.abort()
        await asyncio.sleep(0)  # an aborted line is cut in the loop's next round


@pytest.fixture
def server(post: Post, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    server.start()
    monkeypatch.setattr(post.app.extensions["mail"], "port", server.port)
    with post.app.app_context():
        smtp_pool.close_all()
    yield server
    with post.app.app_context():
        smtp_pool.close_all()
    server.stop()


def send(post: Post) -> None:
    mail = Email(
        id=uuid4(),
        copies=0,
        recipient="reader@example.com",
        recipient_name="A reader",
        subject="A subject",
        text_body="Text",
        html_body="<p>Text</p>",
        calendar=None,
    )
    post.work(smtp.send, mail)


def test_many_mails_go_through_one_conversation(post: Post, server: Server) -> None:
    for _ in range(3):
        send(post)

    assert len(server.heard) == 3
    assert len({id(session) for session in server.heard}) == 1


def test_a_server_that_hung_up_meanwhile_is_called_again(post: Post, server: Server) -> None:
    send(post)
    server.hangs_up()

    send(post)

    assert len(server.heard) == len({id(session) for session in server.heard}) == 2


@pytest.mark.parametrize(("moment", "questions"), [(60, 0), (0, 1)])
def test_a_server_is_asked_whether_it_is_there_only_after_a_while(
    post: Post, server: Server, monkeypatch: pytest.MonkeyPatch, moment: int, questions: int
) -> None:
    monkeypatch.setattr(smtp_pool, "A_MOMENT", moment)

    for _ in range(2):
        send(post)

    assert server.questions == questions
    assert len({id(session) for session in server.heard}) == 1


@pytest.mark.parametrize("bound", ["IDLE", "MAX_MAILS"])
def test_a_conversation_that_is_old_or_long_is_not_gone_on_with(
    post: Post, server: Server, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    send(post)
    monkeypatch.setattr(smtp_pool, bound, 0)

    send(post)

    assert len({id(session) for session in server.heard}) == 2


def test_no_two_mails_share_a_conversation_at_once(post: Post, server: Server) -> None:
    send(post)
    with post.app.app_context():
        mine, another = smtp_pool.take_idle(), smtp_pool.take_idle()

        assert mine is not None
        assert another is None
        mine.end()


def test_a_process_has_no_more_connections_than_threads(post: Post, server: Server) -> None:
    with ThreadPoolExecutor(4) as threads:
        for sent in [threads.submit(send, post) for _ in range(40)]:
            sent.result()

    assert len(server.heard) == 40
    assert len({id(session) for session in server.heard}) <= 4
