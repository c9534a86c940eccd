from datetime import datetime
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, jsonify

from app import time_zones
from app.accounts.access import current_account, signed_in
from app.accounts.models import Role
from app.coaches import availability, collisions, profile, search, slots, time_off
from app.coaches.availability_schemas import (
    Availability,
    AvailabilityWithCollisions,
    NewTimeOffView,
    TimeOffList,
    TimeOffRequest,
    TimeOffSearch,
    TimeOffView,
)
from app.coaches.models import Coach
from app.coaches.pricing import price
from app.coaches.schemas import (
    TOO_FAR,
    CoachChange,
    CoachList,
    CoachSearch,
    CoachView,
    CoachWithCollisions,
    OwnCoachView,
    Slot,
    SlotList,
    SlotSearch,
)
from app.extensions import now
from app.http import rate_limits
from app.http.access_rule import public
from app.http.pagination import cursor_after, page
from app.http.problems import Invalid
from app.http.schema_types import instant_text
from app.idempotency import idempotent

MAX_SLOTS = 3000
"""Slots in one answer: 62 days around the clock, every half hour."""

coaches = APIBlueprint("coaches", __name__, url_prefix="/coach")


@coaches.get("")
@rate_limits.by_address(rate_limits.SEARCH_COACHES)
@coaches.input(CoachSearch, location="query")
@coaches.output(CoachList)
@public
def list_coaches(query_data: CoachSearch) -> CoachList:
    """List the coaches who can be booked."""
    rows, cursor = search.find(query_data)
    return CoachList(items=[CoachView.of(coach) for coach in rows], next_cursor=cursor)


@coaches.get("/<uuid:coach_id>")
@coaches.output(CoachView)
@coaches.doc(responses=[404])
@public
def show_coach(coach_id: UUID) -> CoachView:
    """One coach."""
    return CoachView.of(Coach.bookable(coach_id))


@coaches.get("/<uuid:coach_id>/slot")
@rate_limits.by_address(rate_limits.LIST_SLOTS)
@coaches.input(SlotSearch, location="query")
@coaches.output(SlotList)
@coaches.doc(responses=[404])
@public
def list_slots(coach_id: UUID, query_data: SlotSearch) -> Response:
    """List the free starts for a session of one length. Each of them can be booked.

    At most 3000: if there are more, `next_from` is the `from` of the next request.
    """
    coach = Coach.bookable(coach_id)
    zone = time_zones.zone(query_data.time_zone or coach.time_zone)
    amount = price(coach, query_data.duration_minutes, "duration_minutes")
    since, until = _period(coach, query_data)
    found = slots.free_starts(coach, query_data.duration_minutes, since, until, now(), most=MAX_SLOTS + 1)
    starts, rest = found[:MAX_SLOTS], found[MAX_SLOTS:]
    return jsonify(
        time_zone=zone.key,
        items=Slot.json_values(starts, query_data.duration_minutes, zone, amount),
        next_from=instant_text(rest[0]) if rest else None,
    )


def _period(coach: Coach, wish: SlotSearch) -> tuple[datetime, datetime]:
    """The requested range as instants. Dates count in `time_zone`, or in the coach's zone."""
    if wish.time_zone:
        zone = time_zones.zone(wish.time_zone)
        since, until = time_zones.start_of(wish.since, zone), time_zones.end_of(wish.until, zone)
    else:
        since, until = coach.clocks.start_of(wish.since), coach.clocks.end_of(wish.until)
    if until <= since:
        raise Invalid("to", TOO_FAR)
    return since, until


@coaches.get("/me")
@coaches.output(OwnCoachView)
@signed_in(Role.COACH)
def show_me() -> OwnCoachView:
    """Show your profile as a coach."""
    return OwnCoachView.of(Coach.of(current_account()))


@coaches.patch("/me")
@rate_limits.by_account(rate_limits.CHANGE)
@coaches.input(CoachChange)
@coaches.output(CoachWithCollisions)
@signed_in(Role.COACH)
def change_me(json_data: CoachChange) -> CoachWithCollisions:
    """Change your profile: the fields that you send.

    If you change the time zone, the answer lists the sessions now outside your hours. They stay booked.
    """
    coach = profile.change(Coach.of(current_account()), json_data)
    stranded = collisions.outside_hours(coach, now()) if json_data.time_zone else None
    return CoachWithCollisions.having(coach, stranded)


@coaches.get("/me/availability")
@rate_limits.by_account(rate_limits.CHANGE)
@coaches.output(AvailabilityWithCollisions)
@signed_in(Role.COACH)
def show_availability() -> AvailabilityWithCollisions:
    """Show your weekly hours, overrides and stays, and the sessions booked outside them."""
    coach = Coach.of(current_account())
    return AvailabilityWithCollisions.having(coach, collisions.outside_hours(coach, now()))


@coaches.put("/me/availability")
@rate_limits.by_account(rate_limits.CHANGE)
@coaches.input(Availability)
@coaches.output(AvailabilityWithCollisions)
@signed_in(Role.COACH)
def replace_availability(json_data: Availability) -> AvailabilityWithCollisions:
    """Replace your weekly hours, and the overrides and stays if you send them.

    The answer lists upcoming sessions outside the new hours. They stay booked.
    """
    coach = availability.replace(Coach.of(current_account()), json_data)
    return AvailabilityWithCollisions.having(coach, collisions.outside_hours(coach, now()))


@coaches.get("/me/time-off")
@coaches.input(TimeOffSearch, location="query")
@coaches.output(TimeOffList)
@signed_in(Role.COACH)
def list_time_off(query_data: TimeOffSearch) -> TimeOffList:
    """List your time off, in order."""
    rows, more = page(time_off.listed(Coach.of(current_account()), query_data), query_data.limit)
    cursor = cursor_after(rows[-1].local_start, rows[-1].id) if more else None
    return TimeOffList(items=[TimeOffView.model_validate(row) for row in rows], next_cursor=cursor)


@coaches.post("/me/time-off")
@rate_limits.by_account(rate_limits.CHANGE)
@idempotent
@coaches.input(TimeOffRequest)
@coaches.output(NewTimeOffView, status_code=201)
@signed_in(Role.COACH)
def take_time_off(json_data: TimeOffRequest) -> NewTimeOffView:
    """Take time off: offer no sessions in a period.

    The answer lists the sessions already booked in it. They stay booked."""
    coach = Coach.of(current_account())
    period = time_off.take(coach, json_data)
    return NewTimeOffView.of(period, time_off.collides_with(coach, period))


@coaches.delete("/me/time-off/<uuid:period_id>")
@rate_limits.by_account(rate_limits.CHANGE)
@coaches.output({}, status_code=204)
@coaches.doc(responses=[404])
@signed_in(Role.COACH)
def give_back_time_off(period_id: UUID) -> str:
    """Delete a period of time off."""
    time_off.give_back(Coach.of(current_account()), period_id)
    return ""
