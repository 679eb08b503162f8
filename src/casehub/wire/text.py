"""Text, instants and days as they may come in: valid Unicode without NUL, and years that every calendar has."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, StringConstraints


def _clean(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode") from None
    return text


Text = Annotated[str, AfterValidator(_clean)]
#: A code, a number, a name.
Short = Annotated[
    str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), AfterValidator(_clean)
]
#: A code that a city gives to something small of its own, such as a filing condition or a time class.
CODE = r"^[0-9A-Za-z_-]{1,20}$"
#: What people write and may not leave blank.
Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True), AfterValidator(_clean)]
#: What people write.
Long = Annotated[str, StringConstraints(max_length=10_000), AfterValidator(_clean)]


def _written(said: Any) -> Any:
    # Pydantic would read 2024 as that many seconds after 1970.
    if isinstance(said, int | float) or (isinstance(said, str) and said.strip().lstrip("+-").isdecimal()):
        raise ValueError("must be written as ISO 8601, such as 2024-05-06T09:00:00+08:00")
    return said


def _day_in_reach(day: date) -> date:
    if not 1900 <= day.year <= 2200:  # noqa: PLR2004 - beyond lie typing errors, and the ends of time that UTC lacks
        raise ValueError("must lie between 1900 and 2200")
    return day


def _in_reach(at: datetime) -> datetime:
    _day_in_reach(at)
    return at.astimezone(UTC)


#: A point in time, given with its zone and kept in UTC: what an event tells is what the database gives back.
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_in_reach)]
#: A time of the city's clocks, such as 2024-05-06 08:00, or a point in time with its zone.
CivilTime = Annotated[datetime, BeforeValidator(_written), AfterValidator(_day_in_reach)]
#: A day of the city's calendar, such as 2024-05-06.
CivilDay = Annotated[date, BeforeValidator(_written), AfterValidator(_day_in_reach)]
