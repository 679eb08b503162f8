"""Is this permitted, here and now?"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from casehub.places.permits import Permit, permit_faults, permitting

STALLS = Permit(
    "P1", "夜市", None, "cjt214_2007", ("0501",), "r1", None, None, None, date(2024, 5, 1), date(2024, 5, 31), ("17:00-21:00",)
)  # fmt: skip
CIRCLE = replace(STALLS, permit_code="P2", area_code=None, lon=116.4, lat=39.9, radius_metres=100.0)
HERE, NEAR, FAR = (116.4, 39.9), (116.401, 39.9), (116.402, 39.9)  # 85 and 171 metres to the east


@pytest.mark.parametrize(("at", "allowed"), [
    ("2024-05-01 17:00", True), ("2024-05-31 20:59:59", True), ("2024-05-06 16:59:59", False), ("2024-05-06 21:00", False),
    ("2024-04-30 18:00", False), ("2024-06-01 18:00", False),
])  # fmt: skip
def test_a_permit_holds_on_its_days_and_in_its_hours(at: str, allowed: bool) -> None:
    assert (permitting([STALLS], None, {"r1"}, datetime.fromisoformat(at)) is STALLS) is allowed


@pytest.mark.parametrize(("hours", "at", "allowed"), [
    ((), "03:00", True), (("22:00-02:00",), "23:00", True), (("22:00-02:00",), "01:59", True),
    (("22:00-02:00",), "02:00", False), (("06:00-08:00", "17:00-19:00"), "18:00", True),
    (("06:00-08:00", "17:00-19:00"), "12:00", False),
])  # fmt: skip
def test_hours_may_pass_midnight_come_twice_or_be_all_day(
    hours: tuple[str, ...], at: str, allowed: bool
) -> None:
    permit = replace(STALLS, hours=hours)
    assert (
        permitting([permit], None, {"r1"}, datetime.fromisoformat(f"2024-05-06 {at}")) is permit
    ) is allowed


def test_a_permit_holds_in_its_area_or_in_its_circle() -> None:
    evening = datetime.fromisoformat("2024-05-06 18:00")
    assert permitting([STALLS, CIRCLE], HERE, {"r1"}, evening) is STALLS
    assert permitting([STALLS, CIRCLE], HERE, {"r2"}, evening) is CIRCLE
    assert permitting([CIRCLE], NEAR, (), evening) is CIRCLE
    assert permitting([CIRCLE], FAR, (), evening) is None
    assert permitting([STALLS, CIRCLE], None, (), evening) is None


@pytest.mark.parametrize(("said", "rule"), [
    ({}, None), ({"area_code": None}, "one_place"), ({"lon": 1.0}, "one_place"),
    ({"lon": 1.0, "lat": 1.0, "radius_metres": 5.0}, "one_place"), ({"area_code": None, "lon": 1.0, "lat": 1.0}, "one_place"),
    ({"valid_to": date(2024, 4, 30)}, "days"), ({"hours": ("17-21",)}, "hours"), ({"hours": ("25:00-26:00",)}, "hours"),
    ({"hours": ("17:00-24:00",)}, "hours"),
])  # fmt: skip
def test_a_permit_that_says_nothing_clear_is_refused(said: dict[str, Any], rule: str | None) -> None:
    assert [one.rule for one in permit_faults(replace(STALLS, **said))] == ([rule] if rule else [])
