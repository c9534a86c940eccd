"""Interval sets: ordered lists of half-open ranges [start, end) that neither overlap nor touch."""

from bisect import bisect
from collections.abc import Iterable, Iterator
from datetime import datetime

Interval = tuple[datetime, datetime]


def union(spans: Iterable[Interval]) -> list[Interval]:
    """The union of the ranges. A range that ends before it begins is empty."""
    found: list[Interval] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def difference(spans: Iterable[Interval], others: Iterable[Interval]) -> list[Interval]:
    """The set difference. The ranges to subtract need not be ordered."""
    return list(_cut(iter(union(spans)), union(others)))


def _cut(spans: Iterator[Interval], others: list[Interval]) -> Iterator[Interval]:
    passed = 0
    for start, end in spans:
        while passed < len(others) and others[passed][1] <= start:
            passed += 1
        at, begins = passed, start
        while at < len(others) and others[at][0] < end:
            if begins < others[at][0]:
                yield begins, others[at][0]
            begins, at = max(begins, others[at][1]), at + 1
        if begins < end:
            yield begins, end


def overlap(spans: list[Interval], span: Interval) -> list[Interval]:
    """The intersection of the set and one range."""
    start, end = span
    found, at = [], max(bisect(spans, (start,)) - 1, 0)
    while at < len(spans) and spans[at][0] < end:
        if spans[at][1] > start:
            found.append((max(spans[at][0], start), min(spans[at][1], end)))
        at += 1
    return found


def within(moments: Iterable[datetime], spans: list[Interval]) -> Iterator[datetime]:
    """The instants, given in order, that lie in the set."""
    passed = 0
    for moment in moments:
        while passed < len(spans) and spans[passed][1] <= moment:
            passed += 1
        if passed == len(spans):
            return
        if spans[passed][0] <= moment:
            yield moment


def covers(spans: list[Interval], span: Interval) -> bool:
    """Whether the set contains the whole range."""
    return overlap(spans, span) == [span]
