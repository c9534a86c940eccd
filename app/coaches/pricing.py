"""What a session costs."""

from app.coaches.models import Coach
from app.money import Money
from app.problems import Invalid


def price(coach: Coach, duration_minutes: int) -> Money:
    """The price of one session of an offered length. Raises Invalid for another length."""
    if duration_minutes not in coach.durations or coach.hourly_rate is None:
        offered = ", ".join(str(minutes) for minutes in sorted(coach.durations))
        raise Invalid("/duration_minutes", f"{coach.name} offers sessions of {offered} minutes")
    return coach.hourly_rate.for_minutes(duration_minutes)
