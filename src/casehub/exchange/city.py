"""Loading a city's reference data from a folder: everything is judged, then all of it is kept or nothing.

Writes as it goes, a batch at a time, so that a register of any length fits the memory; whoever calls rolls back when
there are faults, or for a dry run, which so does all that a real one does.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from casehub.catalogue.commands import list_categories, list_schemes
from casehub.deadlines.commands import current_calendar
from casehub.departments.commands import add_departments, list_departments
from casehub.departments.commands_duty import list_in_force, set_list
from casehub.departments.duty import DutyRow, Known, list_faults
from casehub.departments.tree import department_faults
from casehub.errors import Refusal
from casehub.exchange.city_rows import (
    AREAS,
    CHIEFS,
    COMPONENTS,
    DEPARTMENTS,
    DUTY,
    PEOPLE,
    PERMITS,
    POSTS,
    SHEETS,
    SHIFTS,
    Fault,
    Read,
    Row,
    Sheet,
    Tally,
    duty_row,
    lacking,
    post_in_instants,
    read_cells,
    shift_in_instants,
    told,
    told_dropped,
)
from casehub.exchange.commands import BEYOND, FileUnreadable, read_rows
from casehub.people.actors import SYSTEM
from casehub.people.commands import (
    add_people,
    add_posts,
    list_all_posts,
    list_people,
    post_faults,
    take_posts,
)
from casehub.places import commands as places
from casehub.places.areas import area_faults, day_faults
from casehub.places.commands import BATCH
from casehub.places.commands_components import add_components, find_components
from casehub.places.commands_roster import set_shifts, shifts_begun
from casehub.places.components import component_faults
from casehub.places.grids import geometry_faults
from casehub.places.layout import layout_faults
from casehub.places.permits import Permit, permit_faults
from casehub.places.roster import Shift, shift_faults
from casehub.storage.transaction import Tx

#: Names of the coordinate systems whose degrees are taken as they are: CGCS2000, and WGS 84, which GeoJSON means.
_DEGREES = ("4490", "4326", "CRS84")

Key = tuple[Any, ...]
Check = Callable[[Row], Iterable[Refusal]]
Write = Callable[[list[Row]], Awaitable[object]]


class CityLoad:
    """One load of a folder; `tell` hears a line for each change, `advance` how many rows were judged."""

    def __init__(
        self,
        tx: Tx,
        folder: Path,
        *,
        at: datetime,
        tell: Callable[[str], None],
        advance: Callable[[int], None],
    ) -> None:
        self._tx, self._folder, self._at, self._tell, self._advance = tx, folder, at, tell, advance
        self.faults: list[Fault] = []
        self.tallies: dict[str, Tally] = {}
        #: Codes that the city has or the folder brings, sound or not: a reference to them is no fault of its own.
        self._known: dict[str, set[Any]] = {}
        #: Areas as they will be.
        self._around: dict[str, Row] = {}

    async def run(self) -> None:
        """Judge and write every file that is there, in the order in which they refer to each other."""
        await self._areas()
        await self._departments()
        await self._people()
        await self._posts()
        await self._shifts()
        await self._duty()
        await self._components()
        await self._permits()
        await self._chiefs()
        if not self.tallies and not self.faults:
            names = ", ".join(one.name for one in SHEETS)
            raise FileUnreadable(
                f"{self._folder} has none of these as .csv or .xlsx: {names}; nor areas.geojson"
            )

    async def _areas(self) -> None:
        there = {row["area_code"]: row for row in await places.list_areas(self._tx, with_polygons=True)}
        rows = [*self._merged(self._rows(AREAS), self._features())]
        around = there | {row.said["area_code"]: _full(AREAS, there, row.said) for row in rows if row.said}
        self._known["area"], self._around = {*around}, around

        def check(row: Row) -> Iterator[Refusal]:
            if not lacking(AREAS, row):
                yield from area_faults(row["area_code"], row, around)
            if row["geometry"] is not None:
                yield from geometry_faults(row["geometry"])

        touched = {row.said["area_code"]: row.where for row in rows if row.said}
        drawn = {code for code in touched if _drawn(there.get(code)) != _drawn(around[code])}
        for code, other, refusal in layout_faults(around, drawn):
            self.faults.append(Fault(touched[code if code in drawn else other], refusal))
        for code in there.keys() - touched.keys():
            self._left_below(code, around, touched)
        await self._settle(AREAS, rows, there, check, lambda new: places.add_areas(self._tx, new))

    def _left_below(self, code: str, around: Mapping[str, Row], touched: Mapping[str, str]) -> None:
        """An area that the folder does not name must still fit those above it that the folder changes."""
        above = {around[code]["parent_code"], *around[code]["groups"]} & touched.keys()
        for refusal in area_faults(code, around[code], around) if above else ():
            where = touched[min(above)]
            self._fault(
                where, refusal.rule, f"{code} could not stay: {refusal.en}", f"{code}：{refusal.zh}", "kind"
            )

    async def _departments(self) -> None:
        there = {row["department_code"]: row for row in await list_departments(self._tx)}
        rows = [*self._rows(DEPARTMENTS)]
        parents = {code: row["parent_code"] for code, row in there.items()}
        parents |= {
            row.said["department_code"]: _full(DEPARTMENTS, there, row.said)["parent_code"]
            for row in rows
            if row.said
        }
        self._known["department"] = {*parents}

        def check(row: Row) -> Iterator[Refusal]:
            return department_faults(row["department_code"], parents)

        await self._settle(DEPARTMENTS, rows, there, check, lambda new: add_departments(self._tx, new))

    async def _people(self) -> None:
        there = {row["person_no"]: row for row in await list_people(self._tx)}
        rows = [*self._rows(PEOPLE)]
        self._known["person"] = {*there, *(row.said["person_no"] for row in rows if row.said)}

        def check(row: Row) -> Iterator[Refusal]:
            return self._unknown("department", row, "department_code")

        await self._settle(PEOPLE, rows, there, check, lambda new: add_people(self._tx, new))

    async def _posts(self) -> None:
        """The posts of each person whom the file names become those of the file."""
        zone = (await current_calendar(self._tx)).tz
        rows = [*self._rows(POSTS)]
        for one in rows:
            post_in_instants(one.said, zone)
        days = ("valid_from", "valid_to")
        held = [
            row | {name: row[name] and row[name].astimezone(zone) for name in days}
            for row in await list_all_posts(self._tx)
        ]

        def check(row: Row) -> Iterator[Refusal]:
            yield from self._unknown("person", row, "person_no")
            yield from self._unknown("area", row, "area_code")
            yield from self._unknown("department", row, "department_code")
            yield from post_faults(row)

        there = {_key(POSTS, row): row for row in held}
        await self._settle(POSTS, rows, there, check, lambda new: add_posts(self._tx, new))
        named, kept = {one.said.get("person_no") for one in rows}, {_key(POSTS, one.said) for one in rows}
        dropped = [row for row in held if row["person_no"] in named and _key(POSTS, row) not in kept]
        self._drop(POSTS, dropped)
        if not self.faults:
            await take_posts(self._tx, [row["post_id"] for row in dropped])

    async def _shifts(self) -> None:
        zone, rows = (await current_calendar(self._tx)).tz, [*self._rows(SHIFTS)]
        for one in rows:
            shift_in_instants(one.said, zone)
        begins = [one.said["begins_at"] for one in rows if one.said]

        def check(row: Row) -> Iterator[Refusal]:
            yield from self._unknown("person", row, "person_no")
            for refusal in shift_faults([Shift(**row)], self._around):
                field = str(refusal.field).rpartition(".")[2]
                yield replace(refusal, field="area_code" if field == "area" else field)

        listed = await shifts_begun(self._tx, min(begins), max(begins)) if begins else []
        there = {_key(SHIFTS, row): row for row in listed}
        await self._settle(
            SHIFTS, rows, there, check,
            lambda new: set_shifts(self._tx, [Shift(**row) for row in new], within={None}),
        )  # fmt: skip

    async def _duty(self) -> None:
        """All rows of the file become the list in force."""
        read = [*self._rows(DUTY)]
        if not read:
            return
        default = await self._read_categories()
        for one in read:
            if (one.said.get("major") or one.said.get("code")) and one.said.get("scheme") is None:
                one.said["scheme"] = default
        self.faults += [Fault(one.where, refusal) for one in read for refusal in one.refusals]
        rows = [duty_row(one) for one in read if not one.refusals]
        known = Known(*(frozenset(self._known[name]) for name in ("department", "area", "major", "category")))
        file = read[0].where.rpartition(":")[0]
        for refusal in list_faults(rows, known):
            # Rows are numbered by their lines: `rows.12.department`.
            _, line, field = str(refusal.field).split(".")
            self._fault(f"{file}:{line}", refusal.rule, refusal.en, refusal.zh, field)
        await self._put_into_force([replace(row, row_no=number) for number, row in enumerate(rows, start=1)])
        self._advance(len(read))

    async def _put_into_force(self, rows: list[DutyRow]) -> None:
        """In another order, the same rows say the same."""
        before, after = (
            {replace(row, row_no=0): asdict(row) for row in some}
            for some in (await list_in_force(self._tx), rows)
        )
        new = [row for key, row in after.items() if key not in before]
        self.tallies[DUTY.name] = Tally(added=len(new), same=len(after) - len(new))
        for row in new:
            self._tell(told(DUTY, None, row))
        self._drop(DUTY, [row for key, row in before.items() if key not in after])
        if not self.faults and before.keys() != after.keys():
            await set_list(
                self._tx, rows, note=f"casehub city load {self._folder.name}", by=SYSTEM.name, at=self._at
            )

    def _drop(self, sheet: Sheet, rows: Sequence[Row]) -> None:
        for row in rows:
            self.tallies[sheet.name].dropped += 1
            self._tell(told_dropped(sheet, row))

    async def _components(self) -> None:
        rows = self._rows(COMPONENTS)
        if (first := next(rows, None)) is None:
            return
        default = await self._read_categories()
        locator = (await places.read_map(self._tx)).locator
        seen: dict[Key, str] = {}

        def check(row: Row) -> Iterator[Refusal]:
            if not lacking(COMPONENTS, row):
                yield from component_faults(row["component_code"], row["category"])
                yield from self._unknown_category(row, "component", row["category"], "category")
            yield from self._unknown("department", row, "owner_unit")
            yield from self._unknown("department", row, "care_unit")

        batch = [first, *islice(rows, BATCH - 1)]
        while batch:
            codes = [row.said["component_code"] for row in batch if row.said]
            there = {row["component_code"]: row for row in await find_components(self._tx, codes)}
            _in_scheme(COMPONENTS, batch, there, default)
            await self._settle(
                COMPONENTS, batch, there, check, lambda new: add_components(self._tx, new, locator), seen
            )
            batch = [*islice(rows, BATCH)]

    async def _permits(self) -> None:
        rows = [*self._rows(PERMITS)]
        if not rows:
            return
        default = await self._read_categories()
        listed = [_as_row(one) for one in await places.list_permits(self._tx)]
        there = {row["permit_code"]: row for row in listed}
        _in_scheme(PERMITS, rows, there, default)

        def check(row: Row) -> Iterator[Refusal]:
            if not lacking(PERMITS, row):
                yield from permit_faults(_as_permit(row))
                for code in row["categories"]:
                    yield from self._unknown_category(row, "event", code, "categories")
            yield from self._unknown("area", row, "area_code")

        await self._settle(
            PERMITS,
            rows,
            there,
            check,
            lambda new: places.add_permits(self._tx, [_as_permit(one) for one in new]),
        )

    async def _chiefs(self) -> None:
        rows = [*self._rows(CHIEFS)]
        there = {_key(CHIEFS, row): row for row in await places.list_chiefs(self._tx)}

        def check(row: Row) -> Iterator[Refusal]:
            yield from self._unknown("area", row, "area_code")
            yield from self._unknown("person", row, "person_no")
            yield from day_faults(row, "valid_to")

        await self._settle(CHIEFS, rows, there, check, lambda new: places.add_chiefs(self._tx, new))

    async def _settle(
        self, sheet: Sheet, rows: Sequence[Read], there: Mapping[Any, Row], check: Check, write: Write,
        seen: dict[Key, str] | None = None,
    ) -> None:  # fmt: skip
        """Judge rows and write those that differ, unless anything was wrong so far."""
        if not rows:
            return
        tally = self.tallies.setdefault(sheet.name, Tally())
        seen, new = {} if seen is None else seen, list[Row]()
        for one in rows:
            refusals = one.refusals or self._twice(sheet, one, seen)
            before = there.get(_known_by(sheet, one.said)) if not refusals else None
            row = _full(sheet, there, one.said)
            refusals = refusals or [*lacking(sheet, row), *check(row)]
            self.faults += [Fault(one.where, refusal) for refusal in refusals]
            if refusals:
                continue
            old = None if before is None else {name: before[name] for name in row}
            if old == row:
                tally.same += 1
                continue
            tally.changed, tally.added = tally.changed + (old is not None), tally.added + (old is None)
            self._tell(told(sheet, old, row))
            new.append(row)
        if new and not self.faults:
            await write(new)
        self._advance(len(rows))

    def _twice(self, sheet: Sheet, row: Read, seen: dict[Key, str]) -> list[Refusal]:
        first = seen.setdefault(_key(sheet, row.said), row.where)
        if first == row.where:
            return []
        return [Refusal("once", f"was at {first} already", f"与 {first} 重复", sheet.key[0])]

    def _unknown(self, what: str, row: Row, field: str) -> Iterator[Refusal]:
        value, zh = row[field], {"area": "区域", "department": "部门", "person": "人员"}[what]
        if value is not None and value not in self._known[what]:
            yield Refusal(f"unknown_{what}", f"there is no {what} {value!r}", f"{zh}不存在：{value}", field)

    async def _read_categories(self) -> str | None:
        """Learn the classes of every scheme; the city's default scheme."""
        listed = await list_categories(self._tx)
        self._known["category"] = {(one["scheme"], one["kind"], one["code"]) for one in listed}
        self._known["major"] = {(one["scheme"], one["kind"], one["major"]) for one in listed}
        return next((one["scheme"] for one in await list_schemes(self._tx) if one["is_default"]), None)

    def _unknown_category(self, row: Row, kind: str, code: str, field: str) -> Iterator[Refusal]:
        if (row["scheme"], kind, code) not in self._known["category"]:
            yield Refusal(
                "unknown_category", f"scheme {row['scheme']} has no class {code!r} of {kind}s",
                f"分类标准 {row['scheme']} 中没有类别 {code}", field,
            )  # fmt: skip

    def _rows(self, sheet: Sheet) -> Iterator[Read]:
        """The rows of the file of this kind, if there is one."""
        there = [path for end in (".csv", ".xlsx") if (path := self._folder / f"{sheet.name}{end}").is_file()]
        if len(there) > 1:
            self._fault(
                there[1].name, "once", f"{there[0].name} is there too: leave one of them", "同名文件重复"
            )
        for path in there[:1]:
            try:
                yield from self._rows_of(path, sheet)
            except FileUnreadable as problem:
                self._fault(path.name, "file", problem.detail, problem.zh)

    def _rows_of(self, path: Path, sheet: Sheet) -> Iterator[Read]:
        for place, (line, cells) in enumerate(read_rows(path, sheet.required)):
            if place == 0 and (odd := {*cells} - sheet.columns - {BEYOND}):
                known = ", ".join(sorted(sheet.columns))
                self._fault(
                    f"{path.name}:1",
                    "column",
                    f"unknown column {', '.join(sorted(odd))}; known are {known}",
                    "列名不认识",
                )
            if beyond := cells.pop(BEYOND, []):
                said = ", ".join(map(str, beyond))
                self._fault(
                    f"{path.name}:{line}",
                    "beyond_header",
                    f"{said}: beyond the columns of the header: name the column, or quote a cell that holds a comma",
                    f"{said}：超出表头的列，请补列名，或用引号括起含逗号的单元格",
                )
            if any(str(cell or "").strip() for cell in cells.values()):
                yield read_cells(sheet, f"{path.name}:{line}", cells)

    def _features(self) -> Iterator[Read]:
        """The features of areas.geojson, by number from 1; properties that say nothing of areas are not read."""
        path = self._folder / "areas.geojson"
        if not path.is_file():
            return
        try:
            document = json.loads(path.read_text(encoding="utf-8-sig"))
            features = document["features"]
            crs = str((document.get("crs") or {}).get("properties", {}).get("name", "CRS84"))
            cells = [_cells(one) for one in features]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._fault(
                path.name,
                "file",
                f"is not a GeoJSON FeatureCollection: {error}",
                "不是 GeoJSON FeatureCollection",
            )
            return
        if not crs.endswith(_DEGREES):
            self._fault(
                path.name,
                "crs",
                f"{crs}: convert it to CGCS2000 degrees (EPSG:4490)",
                "请转换为 CGCS2000 经纬度",
            )
        for number, one in enumerate(cells, start=1):
            yield read_cells(AREAS, f"{path.name} feature {number}", one)

    def _merged(self, rows: Iterable[Read], features: Iterable[Read]) -> Iterator[Read]:
        """An area may be told in a table and have its polygon in the map: they must not contradict each other."""
        drawn: dict[str, Read] = {}
        for one in features:
            code = one.said.get("area_code", one.where)
            if code in drawn:
                self._fault(one.where, "once", f"was at {drawn[code].where} already", "区域重复", "area_code")
            else:
                drawn[code] = one
        for row in rows:
            feature = drawn.pop(row.said.get("area_code", ""), None)
            if feature is None:
                yield row
                continue
            for name in sorted(feature.said.keys() & row.said.keys()):
                if feature.said[name] != row.said[name]:
                    said = f"{feature.said[name]!r}, but {row.where} says {row.said[name]!r}"
                    self._fault(feature.where, "contradiction", said, f"与 {row.where} 不一致", name)
            yield Read(row.where, {**feature.said, **row.said}, [*row.refusals, *feature.refusals])
        yield from drawn.values()

    def _fault(self, where: str, rule: str, en: str, zh: str, field: str | None = None) -> None:
        self.faults.append(Fault(where, Refusal(rule, en, zh, field)))


def _drawn(area: Row | None) -> Row | None:
    """What counts when the map is judged: a city whose map is wrong already may still rename its areas."""
    return area and {name: area[name] for name in ("kind", "parent_code", "geometry")}


def _cells(feature: Mapping[str, Any]) -> Row:
    """What a feature says: tools that write maps fill in null where nothing is said."""
    said = {name: value for name, value in (feature.get("properties") or {}).items() if value is not None}
    return said | {"geometry": feature.get("geometry")}


def _key(sheet: Sheet, said: Row) -> Key:
    return tuple(said.get(name) for name in sheet.key)


def _known_by(sheet: Sheet, said: Row) -> Any:
    """How a row is found among those that are there: by its code, or by several columns."""
    key = _key(sheet, said)
    return key[0] if len(key) == 1 else key


def _full(sheet: Sheet, there: Mapping[Any, Row], said: Row) -> Row:
    """The whole row: what is said, over what is there, over what is meant when nothing is."""
    before = there.get(_known_by(sheet, said), {})
    return {name: said.get(name, before.get(name, blank)) for name, blank in sheet.blank.items()}


def _in_scheme(sheet: Sheet, rows: Iterable[Read], there: Mapping[Any, Row], default: str | None) -> None:
    """Codes without a scheme are those of the scheme that is there, else of the city's default one."""
    for row in rows:
        if row.said and row.said.get("scheme") is None:
            row.said["scheme"] = there.get(_known_by(sheet, row.said), {}).get("scheme", default)


def _as_permit(row: Row) -> Permit:
    return Permit(**row | {name: tuple(row[name]) for name in ("categories", "hours")})


def _as_row(permit: Permit) -> Row:
    said = {name: getattr(permit, name) for name in PERMITS.blank}
    return said | {name: list(said[name]) for name in ("categories", "hours")}
