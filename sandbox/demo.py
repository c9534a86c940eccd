"""Demo data: a client and coaches to book, so that the first session is a minute away."""

from dataclasses import dataclass, field
from datetime import time

import click
from flask.cli import with_appcontext

from app.accounts import password_hashing
from app.accounts.models import Account, Role
from app.coaches import slugs
from app.coaches.models import Approval, Coach, Weekday, WeeklyHours
from app.config.environment import Environment
from app.config.settings import current_settings
from app.extensions import db, now
from sandbox import fresh_start

PASSWORD = "password"  # noqa: S105 - everybody may know it; production refuses the command
WORKING_WEEK = tuple(Weekday)[:5]


@dataclass(frozen=True)
class DemoCoach:
    email: str
    name: str
    headline: str
    bio: str
    languages: tuple[str, ...]
    rate_minor: int
    currency: str
    time_zone: str
    days: tuple[Weekday, ...]
    hours: tuple[tuple[time, time], ...]
    prices_minor: dict[str, int] = field(default_factory=dict)
    buffer_after_minutes: int = 0
    max_per_day: int | None = None


COACHES = (
    DemoCoach(
        email="coach@test.com",
        name="Amara Diallo",
        headline="Settle in: work and life between cultures",
        bio="Twelve years of coaching people who moved for work, in French and English.",
        languages=("en", "fr"),
        rate_minor=7500,
        currency="EUR",
        time_zone="Europe/Paris",
        days=tuple(Weekday),
        hours=((time(8), time(12, 30)), (time(13, 30), time(20))),
        prices_minor={"30": 4500, "90": 10500},
        buffer_after_minutes=15,
        max_per_day=6,
    ),
    DemoCoach(
        email="kenji@test.com",
        name="Kenji Mori",
        headline="Business etiquette for Japan",
        bio="Former negotiator; prepares teams for their first meetings in Tokyo and Osaka.",
        languages=("en", "ja"),
        rate_minor=12000,
        currency="JPY",
        time_zone="Asia/Tokyo",
        days=WORKING_WEEK,
        hours=((time(9), time(18)),),
    ),
    DemoCoach(
        email="lucia@test.com",
        name="Lucía Fernández",
        headline="Speak up: presenting in a second language",
        bio="Voice, pace and confidence for people who present in Spanish or English.",
        languages=("en", "es"),
        rate_minor=6000,
        currency="USD",
        time_zone="America/New_York",
        days=WORKING_WEEK,
        hours=((time(10), time(17, 30)),),
    ),
)


class NotInProduction(click.ClickException):
    """Demo accounts have a password that everybody knows."""


@click.command()
@click.option("--reset", is_flag=True, help="Forget everything first, here and in the sandbox's Stripe.")
@click.option("--yes", is_flag=True, help="Do not ask before forgetting.")
@with_appcontext
def demo(reset: bool, yes: bool) -> None:
    """Load demo data: client@test.com and coach@test.com, password `password`. Again changes nothing."""
    settings = current_settings()
    if settings.app_env is Environment.PRODUCTION:
        raise NotInProduction("demo accounts have a password that everybody knows: never in production")
    if reset:
        fresh_start.check(settings)
        where = db.engine.url.render_as_string(hide_password=True)
        yes or click.confirm(f"Forget all bookings, payments and people in {where}?", abort=True)
        fresh_start.forget_everything(settings)
    _account("client@test.com", "Sam Carter", Role.CLIENT, "Europe/London")
    for coach in COACHES:
        _coach(coach)
    db.session.commit()
    click.echo(f"client@test.com and {', '.join(coach.email for coach in COACHES)}, password `{PASSWORD}`")


def _account(email: str, name: str, role: Role, time_zone: str) -> Account:
    account = Account.with_email(email)
    if account is None:
        account = Account(
            email=email,
            name=name,
            role=role,
            time_zone=time_zone,
            password_hash=password_hashing.hashed(PASSWORD),
            email_verified_at=now(),
        )
        db.session.add(account)
        db.session.flush()
    return account


def _coach(wish: DemoCoach) -> None:
    account = _account(wish.email, wish.name, Role.COACH, wish.time_zone)
    if db.session.get(Coach, account.id):
        return
    coach = Coach.of(account)
    coach.approval = Approval.APPROVED
    slugs.take_from_name(coach)
    coach.headline, coach.bio, coach.languages = wish.headline, wish.bio, list(wish.languages)
    coach.hourly_rate_minor, coach.currency = wish.rate_minor, wish.currency
    coach.prices_minor = wish.prices_minor
    coach.buffer_after_minutes, coach.max_per_day = wish.buffer_after_minutes, wish.max_per_day
    coach.video_url = f"https://meet.example.com/{wish.name.split()[0].lower()}"
    coach.weekly_hours = [
        WeeklyHours(weekday=day, start_time=start, end_time=end)
        for day in wish.days
        for start, end in wish.hours
    ]
