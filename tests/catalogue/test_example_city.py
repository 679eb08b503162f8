"""The limits of the example city are those of the domain reference, and nobody's but the demo's."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from tests.cast import City
from tests.catalogue.reference_tables import component_rows, event_rows

import casehub.catalogue
from casehub.catalogue import commands
from casehub.catalogue.sheets import example_table

ROOM = Path(casehub.catalogue.__file__).parent
TEXT = (ROOM / "limits_example_city.csv").read_text(encoding="utf-8")
ROWS = [*csv.DictReader(TEXT.splitlines())]
CODES = [*csv.DictReader((ROOM / "codes.csv").read_text(encoding="utf-8").splitlines())]
#: The domain reference lies beside the checkout, where there is one.
REFERENCE = Path(__file__).parents[3] / "shared" / "domain" / "reference.md"


@pytest.mark.skipif(not REFERENCE.is_file(), reason="the domain reference does not lie beside this checkout")
def test_the_file_says_what_the_reference_says_row_by_row() -> None:
    told = [*event_rows(REFERENCE), *component_rows(REFERENCE)]
    shipped = [
        tuple(one[name] for name in ("kind", "code", "name", "condition", "description", "limit"))
        for one in ROWS
    ]
    assert shipped == told


def test_the_counts_are_those_of_the_reference_as_far_as_its_tables_go() -> None:
    """Section 4.9 counts 375 components with local ones; the tables of 4.7 give no limits for local components."""
    kinds = Counter(one["kind"] for one in ROWS)
    assert kinds == {"event": 144, "component": 280}
    events = [one["limit"] for one in ROWS if one["kind"] == "event"]
    shape = Counter(
        one if one in {"1 work_day", "2 work_day", "3 work_day", "5 work_day"} else one.split()[1]
        for one in events
    )
    assert shape["urgent_hour"] + shape["urgent_day"] == 26
    assert shape["work_hour"] == 32
    assert [shape[f"{days} work_day"] for days in (1, 2, 3, 5)] == [30, 22, 11, 19]
    assert shape["work_day"] == 4, "seven days and more"


def test_every_row_says_that_it_is_one_citys_standard() -> None:
    said = {(one["scheme"], one["time_class"], one["source"], one["source_key"], one["note"]) for one in ROWS}
    assert said == {
        ("gbt30428_2_2013", "-", "limits_example_city", "S1", "one city's administrative standard")
    }


def test_local_codes_are_marked_and_the_others_are_named_as_everywhere() -> None:
    known = {
        (one["kind"], one["major"] + one["minor"]): one for one in CODES if one["scheme"] == "gbt30428_2_2013"
    }
    for one in ROWS:
        if (there := known.get((one["kind"], one["code"]))) is not None:
            assert (one["name"], one["major_name"], one["status"]) == (
                there["name"],
                there["major_name"],
                there["status"],
            )
        else:
            assert (one["status"], int(one["code"][2:]) >= 78) == ("local", True), one
    local = {one["code"] for one in ROWS if one["status"] == "local"}
    assert (len(local), len(example_table(TEXT)[0])) == (32, 164)


async def test_a_city_has_no_limits_but_its_own_until_the_example_is_loaded(city: City) -> None:
    assert (await city.counts())["filing_conditions"] == 0
    async with city.engine.begin() as tx:
        await commands.load_example(tx)
        await commands.load_example(tx)
    counts = await city.counts()
    assert (counts["filing_conditions"], counts["condition_limits"]) == (424, 424)
    added = await city.sql("SELECT count(*) AS n, min(minor) AS low FROM categories WHERE status = 'local'")
    assert (added[0].n, added[0].low) == (32, "79")
