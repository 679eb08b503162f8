"""Places on the wire."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from casehub.places.areas import Kind
from casehub.places.components import Origin, State
from casehub.places.permits import Permit
from casehub.places.roster import Shift
from casehub.wire.text import CODE, CivilDay, Long, Moment, Short

#: How codes of areas, permits and departments are written in an address.
PLACE_CODE = r"^[0-9A-Za-z_-]{1,40}$"

Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AreaIn(_Body):
    """An area (区域) of the city."""

    name: Short
    kind: Kind = Field(
        description="Of the tree, or a group of areas: duty_grid (责任网格), care_area (管护区), road (道路)."
    )
    parent_code: Short | None = None
    time_class: str | None = Field(
        default=None,
        pattern=CODE,
        description="Which limits hold here; null takes those of the area above, `-` the usual ones.",
    )
    groups: list[Short] = Field(default=[], max_length=50, description="Groups that it belongs to, by code.")
    geometry: dict[str, Any] | None = Field(
        default=None,
        description="GeoJSON, a Polygon or MultiPolygon in CGCS2000 longitude and latitude.",
    )


class AreaOut(BaseModel):
    """An area with its code."""

    area_code: str
    name: str
    kind: Kind
    parent_code: str | None
    time_class: str | None
    groups: list[str]


class ChiefOut(BaseModel):
    """Who answers for an area, such as its grid_chief or road_chief, from the first day to the last."""

    duty: str
    person_no: str
    valid_from: CivilDay | None
    valid_to: CivilDay | None


class ChiefIn(_Body):
    """Who answers for an area, from the first day to the last."""

    duty: Annotated[str, StringConstraints(pattern=CODE)] = Field(
        description="Such as grid_chief or road_chief."
    )
    person_no: Short
    valid_from: CivilDay | None = None
    valid_to: CivilDay | None = None


class ChiefsIn(_Body):
    """All who answer for an area."""

    chiefs: list[ChiefIn] = Field(max_length=100)


class AreaDetailOut(AreaOut):
    """An area with its polygon, all areas it lies in, itself first, and who answers for it."""

    geometry: dict[str, Any] | None
    lies_in: list[str]
    chiefs: list[ChiefOut]


class AreaPageOut(BaseModel):
    """One page of areas; `next` is the address of the following one."""

    items: list[AreaOut]
    next: str | None


class HereOut(BaseModel):
    """What a point lies in."""

    unit_grid: str | None = Field(description="Null where the city has no grid.")
    areas: list[AreaOut]


class ComponentIn(_Body):
    """A component (部件) of the register. Its unit grid follows from its point."""

    scheme: Short = Field(description="The scheme of its class.")
    category: Short = Field(description="Its minor class: digits 7 and following of its code.")
    lon: Lon
    lat: Lat
    owner_unit: Short | None = Field(default=None, description="The department that owns it (权属单位).")
    care_unit: Short | None = Field(
        default=None, description="The department that looks after it (养护单位)."
    )
    state: State = Field(default="intact", description="完好, 破损, 丢失, 废弃.")
    origin: Origin | None = Field(default=None, description="Where the entry comes from.")


class ComponentOut(ComponentIn):
    """A component with its code and the unit grid it stands in."""

    component_code: str
    area_code: str | None


class ComponentPageOut(BaseModel):
    """One page of components; `next` is the address of the following one."""

    items: list[ComponentOut]
    next: str | None


class PermitIn(_Body):
    """A permit (许可) for events: what it allows is not filed. Either an area, or a circle."""

    holder: Short
    note: Long | None = None
    scheme: Short
    categories: list[Short] = Field(min_length=1, max_length=100, description="Codes of minor classes.")
    area_code: Short | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    radius_metres: Annotated[float, Field(gt=0, le=100_000)] | None = None
    valid_from: CivilDay
    valid_to: CivilDay = Field(description="The last day.")
    hours: list[Annotated[str, StringConstraints(max_length=11)]] = Field(
        default=[], max_length=10, description="Hours of each day, such as 17:00-21:00; none is all day."
    )

    def permit(self, permit_code: str) -> Permit:
        """The permit as rules see it."""
        said = self.model_dump()
        return Permit(permit_code, **said | {name: tuple(said[name]) for name in ("categories", "hours")})


class PermitOut(PermitIn):
    """A permit with its code."""

    permit_code: str


class ShiftIn(_Body):
    """A shift of a collector in a duty grid, or whose duty grid it is."""

    person: Short
    area: Short = Field(description="Code of the duty grid.")
    begins_at: Moment
    ends_at: Moment | None = Field(default=None, description="Null only for a standing assignment.")
    standing: bool = Field(
        default=False, description="Not a shift: it is their duty grid, on shift or off (固定责任分工)."
    )


class ShiftsIn(_Body):
    """Shifts, entered all or none."""

    shifts: list[ShiftIn] = Field(min_length=1, max_length=2000)

    def rows(self) -> list[Shift]:
        """The shifts as rules see them."""
        return [Shift(one.person, one.area, one.begins_at, one.ends_at, one.standing) for one in self.shifts]


class ShiftPageOut(BaseModel):
    """One page of the roster; `next` is the address of the following one."""

    items: list[ShiftIn]
    next: str | None


def shift_out(row: Mapping[str, Any]) -> dict[str, Any]:
    """A shift as JSON."""
    names = {"person": "person_no", "area": "area_code", "begins_at": "begins_at", "ends_at": "ends_at"}
    return {**{said: row[name] for said, name in names.items()}, "standing": row["standing"]}
