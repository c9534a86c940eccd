"""What was sent over SMTP can be read as JSON and on the page."""

from email.message import EmailMessage

from tests.sandbox.mailbox.conftest import Mailbox

INVITATION = "\r\n".join(
    [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//test//EN",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        "UID:booking-1@test.com",
        "DTSTAMP:20261123T100000Z",
        "DTSTART:20261201T140000Z",
        "DTEND:20261201T150000Z",
        "SUMMARY:Coaching with Mina",
        "ORGANIZER;CN=CultureBridge:mailto:hello@test.com",
        "ATTENDEE;CN=Clara:mailto:client@test.com",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
)


def test_a_mail_is_shown_with_text_html_and_attachments(mailbox: Mailbox) -> None:
    mail = _mail("Größe")
    mail.add_alternative("<p>Hello <b>Clara</b></p>", subtype="html")
    mail.add_attachment(INVITATION.encode(), maintype="text", subtype="calendar", filename="invite.ics")
    _send(mailbox, mail)

    [message] = mailbox.messages()

    assert message["message_id"] == "<1@test.com>"
    assert message["from"] == "CultureBridge <hello@test.com>"
    assert message["to"] == ["client@test.com"]
    assert message["subject"] == message["headers"]["Subject"] == "Größe"
    assert message["text"].strip() == "Hello Clara"
    assert "<b>Clara</b>" in message["html"]
    [attachment] = message["attachments"]
    assert attachment["filename"] == "invite.ics"
    assert attachment["content_type"] == "text/calendar"
    assert attachment["size"] == len(INVITATION)


def test_an_attachment_is_a_download_and_the_source_is_plain_text(mailbox: Mailbox) -> None:
    mail = _mail("File")
    mail.add_attachment(b"<script>alert(1)</script>", maintype="text", subtype="html", filename="bad.html")
    _send(mailbox, mail)
    [message] = mailbox.messages()
    place = message["attachments"][0]["url"].removeprefix(mailbox.url)

    download = mailbox.get(place)
    source = mailbox.get(f"/api/messages/{message['id']}/raw")

    assert download.content == b"<script>alert(1)</script>"
    assert download.headers["Content-Disposition"] == "attachment; filename=bad.html"
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    assert source.headers["Content-Type"].startswith("text/plain")
    assert b"Subject: File" in source.content


def test_blind_copies_show_in_the_envelope_only(mailbox: Mailbox) -> None:
    with mailbox.sender() as sender:
        sender.send_message(_mail("Copy"), to_addrs=["client@test.com", "hidden@test.com"])

    [message] = mailbox.messages(to="HIDDEN@test.com")

    assert message["to"] == ["client@test.com", "hidden@test.com"]
    assert "hidden" not in message["headers"]["To"]


def test_mails_come_newest_first_and_can_be_narrowed(mailbox: Mailbox) -> None:
    for subject, to in (("First", "a@test.com"), ("Second", "b@test.com"), ("Second again", "a@test.com")):
        _send(mailbox, _mail(subject, to))

    assert [each["subject"] for each in mailbox.messages()] == ["Second again", "Second", "First"]
    assert [each["subject"] for each in mailbox.messages(to="a@test.com")] == ["Second again", "First"]
    assert [each["subject"] for each in mailbox.messages(subject="second", to="b@test.com")] == ["Second"]
    assert mailbox.messages(to="test.com") == []


def test_an_international_address_is_taken(mailbox: Mailbox) -> None:
    with mailbox.sender() as sender:
        sender.sendmail("hello@test.com", ["josé@test.com"], "Subject: hé\r\n\r\nhé".encode(), ["SMTPUTF8"])

    assert [each["to"] for each in mailbox.messages()] == [["josé@test.com"]]


def test_the_page_escapes_what_a_mail_holds_and_frames_its_html(mailbox: Mailbox) -> None:
    mail = _mail("<script>alert(1)</script>")
    mail.add_alternative("<html><head></head><script>alert(2)</script></html>", subtype="html")
    _send(mailbox, mail)
    [message] = mailbox.messages()

    page = mailbox.get(f"/messages/{message['id']}")
    frame = mailbox.get(f"/messages/{message['id']}/html")

    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script>alert" not in page.text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert "default-src 'none'" in frame.headers["Content-Security-Policy"]
    assert "sandbox allow-popups" in frame.headers["Content-Security-Policy"]
    assert '<head><base target="_blank">' in frame.text


def test_the_page_shows_an_invitation_in_words(mailbox: Mailbox) -> None:
    mail = _mail("Invitation")
    mail.add_attachment(INVITATION.encode(), maintype="text", subtype="calendar", filename="invite.ics")
    _send(mailbox, mail)
    [message] = mailbox.messages()

    page = mailbox.get(f"/messages/{message['id']}").text

    assert "Coaching with Mina" in page
    assert "Tue 01 Dec 2026, 14:00 to 15:00 (UTC)" in page
    assert "Clara &lt;client@test.com&gt;" in page


def test_a_broken_calendar_is_just_a_file(mailbox: Mailbox) -> None:
    mail = _mail("Broken")
    mail.add_attachment(b"BEGIN:NONSENSE", maintype="text", subtype="calendar", filename="broken.ics")
    _send(mailbox, mail)
    [message] = mailbox.messages()

    page = mailbox.get(f"/messages/{message['id']}")

    assert page.status_code == 200
    assert "broken.ics" in page.text


def test_inline_images_and_unknown_charsets_do_not_spoil_a_mail(mailbox: Mailbox) -> None:
    raw = (
        b"Subject: Odd\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: text/html; charset=no-such-charset\r\n\r\n<img src='cid:logo@here'>\r\n"
        b"--x\r\nContent-Type: image/png\r\nContent-ID: <logo@here>\r\n\r\nPNG\r\n--x--\r\n"
    )
    with mailbox.sender() as sender:
        sender.sendmail("hello@test.com", ["client@test.com"], raw)
    [message] = mailbox.messages()

    frame = mailbox.get(f"/messages/{message['id']}/html").text

    assert message["attachments"][0]["url"] in frame


def test_the_list_is_asked_for_again_only_when_it_changed(mailbox: Mailbox) -> None:
    first = mailbox.get("/list")
    _send(mailbox, _mail("News"))
    second = mailbox.get("/list")

    assert "Nothing here" in first.text
    assert "News" in second.text
    assert first.headers["ETag"] != second.headers["ETag"]


def test_a_mail_that_is_not_there_is_a_404(mailbox: Mailbox) -> None:
    assert mailbox.get("/api/messages/999999").status_code == 404
    assert mailbox.get("/messages/999999").status_code == 404


def _mail(subject: str, to: str = "client@test.com") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "CultureBridge <hello@test.com>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = "<1@test.com>"
    mail.set_content("Hello Clara")
    return mail


def _send(mailbox: Mailbox, mail: EmailMessage) -> None:
    with mailbox.sender() as sender:
        sender.send_message(mail)
