"""Rows of the files of `casehub city load`: cells become what they say, or the reasons why they can't be read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from casehub.departments.duty import DutyRow
from casehub.departments.tables import KINDS as DEPARTMENT_KINDS
from casehub.errors import Refusal
from casehub.people.actors import Role
from casehub.places.areas import Kind
from casehub.places.components import STATES, Origin, State
from casehub.wire.text import CODE, CivilDay, CivilTime, Long, Short

Row = dict[str, Any]

#: More digits than a spreadsheet keeps in a number.
_SPREADSHEET_DIGITS = 15
_BETWEEN = re.compile(r"[;；,，、\s]+")


def _parts(said: Any) -> Any:
    return [one for one in _BETWEEN.split(said) if one] if isinstance(said, str) else said


def _state(said: Any) -> Any:
    return STATES.get(said, said)


Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,40}$")]
Codes = Annotated[list[Code], BeforeValidator(_parts)]
Degrees = Annotated[float, Field(allow_inf_nan=False)]
Lon = Annotated[Degrees, Field(ge=-180, le=180)]
Lat = Annotated[Degrees, Field(ge=-90, le=90)]


class _Said(BaseModel):
    """What a row may say; what it leaves out stays as the city has it."""

    model_config = ConfigDict(extra="ignore")


class AreaSaid(_Said):
    """areas.csv, and the properties of areas.geojson."""

    area_code: Code
    name: Short | None = None
    kind: Kind | None = None
    parent_code: Code | None = None
    time_class: Annotated[str, StringConstraints(pattern=CODE)] | None = None
    groups: Codes = []
    geometry: dict[str, Any] | None = None


class DepartmentSaid(_Said):
    """departments.csv."""

    department_code: Code
    name: Short | None = None
    kind: Annotated[str, StringConstraints(pattern=f"^({'|'.join(DEPARTMENT_KINDS)})$")] | None = None
    parent_code: Code | None = None


class PersonSaid(_Said):
    """people.csv."""

    person_no: Code
    name: Short | None = None
    department_code: Code | None = None
    active: bool = True


class ComponentSaid(_Said):
    """components.csv. The state may be said in Chinese."""

    component_code: Short
    scheme: Short | None = None
    category: Short | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    owner_unit: Code | None = None
    care_unit: Code | None = None
    state: Annotated[State, BeforeValidator(_state)] = "intact"
    origin: Origin | None = None


class PermitSaid(_Said):
    """permits.csv."""

    permit_code: Code
    holder: Short | None = None
    note: Long | None = None
    scheme: Short | None = None
    categories: Annotated[list[Short], BeforeValidator(_parts)] = []
    area_code: Code | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    radius_metres: Annotated[float, Field(gt=0, le=100_000)] | None = None
    valid_from: CivilDay | None = None
    valid_to: CivilDay | None = None
    hours: Annotated[list[str], BeforeValidator(_parts)] = []


class ChiefSaid(_Said):
    """chiefs.csv."""

    area_code: Code
    duty: Annotated[str, StringConstraints(pattern=CODE)]
    person_no: Code
    valid_from: CivilDay | None = None
    valid_to: CivilDay | None = None


class PostSaid(_Said):
    """posts.csv. The days are the city's, both included."""

    person_no: Code
    role: Role
    area_code: Code | None = None
    department_code: Code | None = None
    valid_from: CivilDay | None = None
    valid_to: CivilDay | None = None


class DutySaid(_Said):
    """duty.csv, the duty list (权责清单)."""

    department: Code
    scheme: Short | None = None
    kind: Literal["event", "component"] | None = None
    major: Short | None = None
    code: Short | None = None
    area: Code | None = None
    owner: Code | None = None
    co_departments: Codes = []
    basis: Short | None = None
    auto: bool = False
    valid_from: CivilDay | None = None
    valid_to: CivilDay | None = None


class ShiftSaid(_Said):
    """shifts.csv, the roster (排班). Times are those of the city's clocks."""

    person_no: Code
    area_code: Code
    begins_at: CivilTime
    ends_at: CivilTime | None = None
    standing: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A kind of file: what its rows say, by which columns a row is known, and which must be said in the end."""

    name: str
    said: type[_Said]
    key: tuple[str, ...]
    needed: tuple[str, ...]

    @property
    def required(self) -> list[str]:
        """Columns that the file must have."""
        return [name for name, one in self.said.model_fields.items() if one.is_required()]

    @property
    def columns(self) -> frozenset[str]:
        """Columns that the file may have."""
        return frozenset(self.said.model_fields)

    @property
    def blank(self) -> Row:
        """What a new row says where the file says nothing."""
        fields = self.said.model_fields.items()
        return {name: None if one.is_required() else one.get_default() for name, one in fields}


AREAS = Sheet("areas", AreaSaid, ("area_code",), ("name", "kind"))
DEPARTMENTS = Sheet("departments", DepartmentSaid, ("department_code",), ("name", "kind"))
PEOPLE = Sheet("people", PersonSaid, ("person_no",), ("name",))
COMPONENTS = Sheet("components", ComponentSaid, ("component_code",), ("scheme", "category", "lon", "lat"))
PERMITS = Sheet(
    "permits", PermitSaid, ("permit_code",), ("holder", "scheme", "categories", "valid_from", "valid_to")
)
CHIEFS = Sheet("chiefs", ChiefSaid, ("area_code", "duty", "person_no"), ())
#: Two posts that differ in anything are two posts.
POSTS = Sheet("posts", PostSaid, tuple(PostSaid.model_fields), ())
DUTY = Sheet("duty", DutySaid, tuple(DutySaid.model_fields), ())
SHIFTS = Sheet("shifts", ShiftSaid, ("person_no", "area_code", "begins_at"), ())
SHEETS = (AREAS, DEPARTMENTS, PEOPLE, POSTS, SHIFTS, DUTY, COMPONENTS, PERMITS, CHIEFS)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong where: a file and a line, or a file and the number of a feature."""

    where: str
    refusal: Refusal

    def __str__(self) -> str:
        told = (
            f"{self.refusal.en} ({self.refusal.zh})"
            if self.refusal.zh != self.refusal.en
            else self.refusal.en
        )
        return f"{self.where}: {self.refusal.field or self.refusal.rule}: {told}"


@dataclass(slots=True)
class Tally:
    """How many rows of a file are new, say something else, or say what is there already; how many there it drops."""

    added: int = 0
    changed: int = 0
    same: int = 0
    dropped: int = 0

    def __str__(self) -> str:
        dropped = f", {self.dropped} taken away" if self.dropped else ""
        return f"{self.added} added, {self.changed} changed, {self.same} as they were{dropped}"


@dataclass(frozen=True, slots=True)
class Read:
    """A row: where it stands, what it says, and what could not be read."""

    where: str
    said: Row
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def line(self) -> int:
        """The line of its file."""
        return int(self.where.rpartition(":")[2])


def read_cells(sheet: Sheet, where: str, cells: Mapping[str, Any]) -> Read:
    """What a row says. An empty cell takes away what was there; a column that is not there leaves it."""
    lost = [name for name in sheet.columns if _too_long(cells.get(name))]
    if lost:
        return Read(where, {}, [_rounded(name) for name in lost])
    texts = {name: _text(value) for name, value in cells.items() if name in sheet.columns}
    # None is said only where the model has no other word for nothing.
    plain = {name: value for name, value in texts.items() if value is not None or sheet.blank[name] is None}
    try:
        said = sheet.said.model_validate(plain)
    except ValidationError as error:
        return Read(where, {}, [_refusal(one) for one in error.errors()])
    return Read(where, {name: value for name, value in dict(said).items() if name in texts})


def _refusal(one: Any) -> Refusal:
    name, given = ".".join(str(part) for part in one["loc"]), one["input"]
    return Refusal(one["type"], f"{given!r}: {one['msg']}", f"{name} 的值 {given!r} 无效：{one['msg']}", name)


def _text(value: Any) -> Any:
    """A cell as text; what JSON says otherwise stays as it is."""
    if isinstance(value, datetime):
        return value.isoformat() if value.time() != time() else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | bool | int | float):
        return str(value).strip() or None
    return value


def _too_long(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) >= 10**_SPREADSHEET_DIGITS
    )


def _rounded(name: str) -> Refusal:
    return Refusal(
        "written_as_number", "written as a number, of which a spreadsheet keeps 15 digits: make the column text",
        "该列为数值格式，电子表格只保留15位，请改为文本格式", name,
    )  # fmt: skip


def lacking(sheet: Sheet, row: Row) -> list[Refusal]:
    """What a row must say and neither the file nor the city does."""
    return [
        Refusal("missing", "must be given", "不能为空", name)
        for name in sheet.needed
        if row[name] in (None, [])
    ]


def told(sheet: Sheet, before: Row | None, after: Row) -> str:
    """A line of a dry run: `+` what is added, `~` what is changed."""
    key = _key_of(sheet, after)
    if before is None:
        return f"+ {sheet.name} {key} {after.get('name') or after.get('holder') or ''}".rstrip()
    changes = (
        name if name == "geometry" else f"{name}: {_shown(before[name])} -> {_shown(after[name])}"
        for name in after
        if before[name] != after[name]
    )
    return f"~ {sheet.name} {key} {'; '.join(changes)}"


def told_dropped(sheet: Sheet, before: Row) -> str:
    """A line of a dry run: `-` what is taken away."""
    return f"- {sheet.name} {_key_of(sheet, before)}"


def _key_of(sheet: Sheet, row: Row) -> str:
    """What a row is known by, as far as it says anything; a flag says its name."""
    said = ((name, row[name]) for name in sheet.key if row[name])
    return " ".join(name if value is True else _shown(value) for name, value in said)


def shift_in_instants(said: Row, zone: ZoneInfo) -> None:
    """Times of the city's clocks, as the instants they are."""
    for name in ("begins_at", "ends_at"):
        if (told := said.get(name)) is not None:
            said[name] = told if told.tzinfo else told.replace(tzinfo=zone)


def post_in_instants(said: Row, zone: ZoneInfo) -> None:
    """Days of a post, both included, as the instants it holds from and until."""
    for name, more in (("valid_from", 0), ("valid_to", 1)):
        if (day := said.get(name)) is not None:
            said[name] = datetime.combine(day + timedelta(days=more), time(), zone)


def duty_row(read: Read) -> DutyRow:
    """A row of the duty list, numbered by its line."""
    said = DUTY.blank | read.said
    return DutyRow(read.line, **said | {"co_departments": tuple(said["co_departments"])})


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ";".join(value) or "none"
    return "none" if value is None else str(value)
