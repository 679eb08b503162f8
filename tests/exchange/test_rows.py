"""One row of a file, read with a mapping; without a database."""

from datetime import UTC, datetime
from typing import Any

import pytest

from casehub.exchange.commands import load_mapping
from casehub.exchange.itinerary import NO_DEADLINE, expected, itinerary
from casehub.exchange.mapping import MappingInvalid, parse_mapping
from casehub.exchange.rows import RowRejected, read_row, slug

BALTIMORE = load_mapping("baltimore311")
NEW_YORK = load_mapping("nyc311")
MESSAGES = load_mapping("citizen_messages")


def row(**said: Any) -> dict[str, Any]:
    """A row of Baltimore: created in summer, due a day later, closed an hour later."""
    plain = {
        "ServiceRequestNum": "18-1", "SRType": "SW-Dirty Alley", "MethodReceived": "Phone", "Agency": "Solid Waste",
        "CreatedDate": "07/12/2018 11:11:26 AM", "DueDate": "07/13/2018 11:11:26 AM",
        "CloseDate": "07/12/2018 12:11:26 PM", "SRStatus": "Closed", "Address": "1 MAIN ST",
        "Latitude": "39.3", "Longitude": "-76.6", "Neighborhood": "Dorchester",
    }  # fmt: skip
    return plain | said


def test_a_row_says_who_what_where_and_when() -> None:
    record = read_row(BALTIMORE, 2, row())
    assert record.created_at == datetime(2018, 7, 12, 15, 11, 26, tzinfo=UTC)
    assert (record.category.code, record.category.major, record.category.name) == (
        "SW-Dirty Alley",
        "SW",
        "Dirty Alley",
    )
    assert record.department == ("solid_waste", "Solid Waste")
    assert (record.lon, record.lat, record.address) == (-76.6, 39.3, "1 MAIN ST")
    assert record.description == "SW-Dirty Alley\nDorchester"
    assert record.marks == {"channel": "Phone", "source_status": "Closed"}
    assert not record.late


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"ServiceRequestNum": " "}, "ServiceRequestNum is missing"),
        ({"SRType": ""}, "SRType is missing"),
        ({"Agency": ""}, "Agency is missing"),
        ({"CreatedDate": ""}, "CreatedDate is missing"),
        ({"CreatedDate": "2018-07-12"}, "CreatedDate '2018-07-12' is not a time"),
        ({"CloseDate": "07/12/2018 11:11:25 AM"}, "CloseDate lies before CreatedDate"),
        ({"CloseDate": ""}, "closed, but CloseDate is missing"),
        ({"SRStatus": "Sleeping"}, "the mapping knows no status 'Sleeping'"),
        ({"SRStatus": ""}, "SRStatus is missing"),
        ({"Latitude": "north"}, "Latitude 'north' is not a number"),
        ({"Latitude": "nan"}, "not a place on earth"),
        ({"Longitude": "-181"}, "not a place on earth"),
    ],
)
def test_a_row_that_cannot_be_read_is_rejected_with_its_reason(said: dict[str, str], reason: str) -> None:
    with pytest.raises(RowRejected, match=reason):
        read_row(BALTIMORE, 2, row(**said))


@pytest.mark.parametrize(
    ("status", "outcome", "marks"),
    [
        ("New (Duplicate)", "reported", {"tagged_duplicate": True}),
        ("Open (Duplicate)", "handling", {"tagged_duplicate": True}),
        ("Closed (Duplicate)", "closed", {"tagged_duplicate": True}),
        ("Closed (Transferred)", "closed", {"transferred": True}),
        ("Pending", "handling", {}),
    ],
)
def test_a_status_decides_the_state_and_what_is_remembered(
    status: str, outcome: str, marks: dict[str, Any]
) -> None:
    record = read_row(BALTIMORE, 2, row(SRStatus=status))
    assert record.outcome == outcome
    assert marks.items() <= record.marks.items()
    assert record.marks["source_status"] == status
    assert (record.closed_at is None) == (outcome != "closed")


def test_dirt_is_marked_and_not_repaired() -> None:
    rounded = read_row(BALTIMORE, 2, row(Latitude="39", Longitude="-77"))
    assert (rounded.lon, rounded.lat, rounded.marks["rounded_point"]) == (-77.0, 39.0, True)
    without = read_row(BALTIMORE, 2, row(Latitude=""))
    assert (without.lon, without.lat) == (None, None)
    assert "rounded_point" not in without.marks


def test_a_deadline_is_the_last_instant_on_time() -> None:
    assert not read_row(BALTIMORE, 2, row(CloseDate="07/13/2018 11:11:26 AM")).late
    assert read_row(BALTIMORE, 2, row(CloseDate="07/13/2018 11:11:27 AM")).late


def test_wall_clock_times_follow_summer_and_winter() -> None:
    winter = read_row(BALTIMORE, 2, row(CreatedDate="01/12/2018 11:11:26 AM"))
    assert winter.created_at.hour == 16


def test_new_york_names_its_classes_by_two_columns() -> None:
    said = {
        "Unique Key": "1", "Created Date": "06/26/2018 10:58:54 AM", "Status": "Open", "Agency": "NYPD",
        "Agency Name": "New York City Police Department", "Complaint Type": "Noise", "Descriptor": "Loud Music",
        "Latitude": "", "Longitude": "",
    }  # fmt: skip
    record = read_row(NEW_YORK, 2, said)
    assert (record.category.code, record.category.major, record.category.name) == (
        "Noise - Loud Music",
        "Noise",
        "Loud Music",
    )
    assert record.department == ("nypd", "New York City Police Department")


def test_a_message_carries_its_pseudonym_and_its_answer() -> None:
    said = {
        "留言编号": 7, "留言用户": "A0001", "留言主题": "路灯不亮", "留言时间": "2019/4/25 9:32:09",
        "留言详情": "\n\t\t路灯坏了。\n", "答复意见": "已修好。", "答复时间": datetime(2019, 5, 10, 14, 56, 53),
    }  # fmt: skip
    record = read_row(MESSAGES, 2, said)
    assert (record.external_no, record.reporter, record.result) == ("7", "A0001", "已修好。")
    assert record.description == "路灯不亮\n路灯坏了。"
    assert record.created_at == datetime(2019, 4, 25, 1, 32, 9, tzinfo=UTC)
    assert record.closed_at == datetime(2019, 5, 10, 6, 56, 53, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "code"),
    [("Recreation & Parks", "recreation_parks"), ("Mayor's Office", "mayor_s_office"), ("x" * 60, "x" * 40)],
)
def test_a_department_gets_a_code_that_an_address_can_hold(name: str, code: str) -> None:
    assert slug(name) == code


@pytest.mark.parametrize("content", ["source: [", "source: x", "- 1", "source: x\nzone: Nowhere/Town"])
def test_a_mapping_that_cannot_be_used_says_why(content: str) -> None:
    with pytest.raises(MappingInvalid):
        parse_mapping(content)


def test_an_unknown_mapping_names_those_that_ship() -> None:
    with pytest.raises(MappingInvalid, match="baltimore311, citizen_messages, nyc311"):
        load_mapping("boston")


def test_the_itinerary_runs_in_order_of_time_and_keeps_each_case_in_order() -> None:
    later = row(ServiceRequestNum="18-2", CreatedDate="07/12/2018 11:30:00 AM", DueDate="")
    records = [read_row(BALTIMORE, 2, later), read_row(BALTIMORE, 3, row())]
    steps = itinerary(BALTIMORE, records)
    assert [(one.external_no, one.action, one.role) for one in steps] == [
        ("18-1", "report", "acceptor"),
        ("18-1", "dispatch_directly", "dispatcher"),
        ("18-2", "report", "acceptor"),
        ("18-2", "dispatch_directly", "dispatcher"),
        ("18-2", "conclude", "acceptor"),
        ("18-1", "conclude", "acceptor"),
    ]
    assert steps[1].body == {"department": "solid_waste", "due_at": "2018-07-13T15:11:26+00:00"}
    assert steps[3].body == {"department": "solid_waste", "limit": NO_DEADLINE}
    assert expected(records) == {"reported": 0, "handling": 0, "closed": 2, "late": 0}
