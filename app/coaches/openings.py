"""The starts that a coach offers, bookings aside: wall-clock rules made instants, in SQL.

Rules become instants date by date, end by end, in the zone in force on the date: `AT TIME ZONE` knows the
offset of each. It reads a time that the clocks skip with the offset before (as RFC 5545 does), and one that
comes twice as the second; so a range may turn round, and tstzrange would raise for it.
"""


def zone_on(local_date: str) -> str:
    """The coach's zone on a date: that of a stay, or else the coach's own."""
    return (
        "coalesce((SELECT stay.time_zone FROM stay WHERE stay.coach_id = :coach_id"  # noqa: S608 - ours
        f" AND stay.dates @> ({local_date})), :zone)"
    )


def instant(local_time: str, local_date: str) -> str:
    """The moment at which a wall-clock time is read on a date."""
    return f"({local_time}) AT TIME ZONE {zone_on(local_date)}"


# A period that ends at midnight ends with the day before it: whoever is off to the end of the 26th and lives
# in another zone from the 27th on is off until the 26th ends where they are on the 26th.
LEAVES = instant("local_start", "local_start::date")
RETURNS = instant("local_end", "(local_end - interval '1 minute')::date")

# A day is skipped when no instant falls into it, as 30 December 2011 was in Samoa: its hours would appear on
# the next. It lasts until the next day begins, also when a journey west makes that later.
# Starts are counted from the opening of their own hours on their own date, so that they are the same whatever
# span is asked for; a session may run on into the hours that follow, and so into the next day.
OFFERED = f"""
dated AS (
  SELECT local_date, {zone_on("local_date")} AS zone
  FROM (SELECT :first ::date + n AS local_date FROM generate_series(0, :last ::date - :first ::date) n) AS _
), day AS (
  SELECT local_date, zone, begins, greatest(
    (local_date + 1)::timestamp AT TIME ZONE zone, lead(begins) OVER (ORDER BY local_date)
  ) AS ends
  FROM dated, LATERAL (SELECT local_date::timestamp AT TIME ZONE zone AS begins) AS _
), rule AS (
  SELECT local_date, start_time, end_time
  FROM dated JOIN weekly_hours ON weekday = extract(isodow FROM local_date)
  WHERE coach_id = :coach_id AND NOT EXISTS (
    SELECT FROM date_override
    WHERE date_override.coach_id = :coach_id AND date_override.local_date = dated.local_date
  )
  UNION ALL
  SELECT local_date, start_time, end_time
  FROM date_override, jsonb_to_recordset(hours) AS _ (start_time time, end_time time)
  WHERE coach_id = :coach_id AND local_date BETWEEN :first AND :last
), hours AS (
  SELECT (local_date + start_time) AT TIME ZONE zone AS opens,
         (local_date + (end_time <= start_time)::int + end_time) AT TIME ZONE zone AS closes
  FROM rule JOIN day USING (local_date) WHERE begins < ends
), away AS (
  SELECT {LEAVES} AS leaves, {RETURNS} AS returns FROM time_off
  WHERE coach_id = :coach_id AND local_start <= :last ::date AND local_end >= :first ::date
), workable AS MATERIALIZED (
  SELECT (SELECT range_agg(tstzrange(opens, closes)) FROM hours WHERE opens < closes) - coalesce(
    (SELECT range_agg(tstzrange(leaves, returns)) FROM away WHERE leaves < returns), '{{}}'
  ) AS open
), offered AS (
  SELECT DISTINCT start FROM hours, workable,
    generate_series(opens, closes - interval '1 second', :step ::interval) AS start
  WHERE opens < closes AND start >= :since AND start < :until
    AND workable.open @> tstzrange(start, start + :length ::interval)
)
"""  # noqa: S608 - ours
