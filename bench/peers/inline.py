"""The same business in one process: the webhook confirms the booking and sends both mails before it answers.

What a small team would write with FastAPI, SQLAlchemy and aiosmtplib: right as long as nothing fails. It has
no outbox, ledger, audit or retries. Its tables are in `inline.sql`.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import stripe
from aiosmtplib import SMTP
from fastapi import FastAPI, Header, HTTPException, Request
from icalendar import Calendar, Event, vCalAddress
from jinja2 import Environment, FileSystemLoader, select_autoescape
from sqlalchemy import DateTime, ForeignKey, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship

SENDER = "CultureBridge <hello@culturebridge.example>"


class Base(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012


class Account(Base):
    __tablename__ = "account"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    time_zone: Mapped[str]


class Booking(Base):
    __tablename__ = "booking"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    coach_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    starts_at: Mapped[datetime]
    minutes: Mapped[int]
    status: Mapped[str]
    client: Mapped[Account] = relationship(foreign_keys=client_id)
    coach: Mapped[Account] = relationship(foreign_keys=coach_id)


class Payment(Base):
    __tablename__ = "payment"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("booking.id"))
    stripe_session_id: Mapped[str]
    stripe_payment_intent_id: Mapped[str | None]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    status: Mapped[str]
    booking: Mapped[Booking] = relationship()


engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=10)
Session = async_sessionmaker(engine, expire_on_commit=False)
templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=select_autoescape()
)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/health")
async def health() -> dict[str, bool]:
    return {"ready": True}


@app.post("/webhook")
async def webhook(
    request: Request, signature: Annotated[str, Header(alias="Stripe-Signature")]
) -> dict[str, bool]:
    try:
        event = stripe.Webhook.construct_event(
            await request.body(), signature, os.environ["STRIPE_WEBHOOK_SECRET"]
        )
    except (ValueError, stripe.SignatureVerificationError) as error:
        raise HTTPException(400) from error
    if event.type == "checkout.session.completed":
        payment = await confirm(event.data.object)
        if payment:
            await send_confirmations(payment)
    return {"received": True}


async def confirm(checkout: stripe.checkout.Session) -> Payment | None:
    """The payment, with its booking confirmed; None if it is not ours or was confirmed before."""
    async with Session.begin() as session:
        payment = await session.scalar(
            select(Payment)
            .where(Payment.stripe_session_id == checkout.id)
            .options(
                joinedload(Payment.booking).options(joinedload(Booking.client), joinedload(Booking.coach))
            )
            .with_for_update(of=Payment)
        )
        if payment is None or payment.status == "succeeded":
            return None
        payment.status, payment.stripe_payment_intent_id = "succeeded", checkout.payment_intent
        payment.booking.status = "confirmed"
    return payment


async def send_confirmations(payment: Payment) -> None:
    """Mail both, over one connection."""
    booking = payment.booking
    invitation = invitation_to(booking)
    async with SMTP(
        hostname=os.environ["SMTP_HOST"], port=int(os.environ["SMTP_PORT"]), start_tls=False
    ) as smtp:
        for reader, other in ((booking.client, booking.coach), (booking.coach, booking.client)):
            await smtp.send_message(confirmation(payment, reader, other, invitation))


def confirmation(payment: Payment, reader: Account, other: Account, invitation: bytes) -> EmailMessage:
    booking = payment.booking
    start = booking.starts_at.astimezone(ZoneInfo(reader.time_zone))
    shown = {
        "reader": reader,
        "other": other,
        "payment": payment,
        "booking": booking,
        "start": start,
        "end": start + timedelta(minutes=booking.minutes),
        "minutes": booking.minutes,
    }
    message = EmailMessage()
    message["From"], message["To"] = SENDER, reader.email
    message["Subject"] = f"Confirmed: {booking.minutes} minutes of coaching with {other.name}"
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="culturebridge.example")
    message.set_content(templates.get_template("confirmed.txt").render(shown))
    message.add_alternative(templates.get_template("confirmed.html").render(shown), subtype="html")
    message.add_attachment(
        invitation,
        maintype="text",
        subtype="calendar",
        filename="invitation.ics",
        params={"method": "REQUEST"},
    )
    return message


def invitation_to(booking: Booking) -> bytes:
    """The session as an iCalendar file."""
    event = Event()
    event.add("uid", f"{booking.id}@culturebridge.example")
    event.add("dtstamp", datetime.now(ZoneInfo("UTC")))
    event.add("dtstart", booking.starts_at)
    event.add("dtend", booking.starts_at + timedelta(minutes=booking.minutes))
    event.add("summary", f"Coaching: {booking.client.name} and {booking.coach.name}")
    event.add("organizer", vCalAddress("mailto:hello@culturebridge.example"))
    for each in (booking.client, booking.coach):
        attendee = vCalAddress(f"mailto:{each.email}")
        attendee.params["CN"] = each.name
        event.add("attendee", attendee, encode=False)
    calendar = Calendar()
    calendar.add("prodid", "-//CultureBridge//Bookings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST")
    calendar.add_component(event)
    return calendar.to_ical()
