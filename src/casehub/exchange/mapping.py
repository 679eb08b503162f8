"""What a file of another system says, told by a YAML file: columns, times, codes, and what each status means."""

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from casehub.errors import Problem

Outcome = Literal["reported", "handling", "closed"]


class MappingInvalid(Problem):
    """The mapping can't be used"""

    type, status, zh = "mapping-invalid", 422, "映射文件无效"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(_Part):
    """Which column says what; those left out are not in the file."""

    external_no: str
    created: str
    status: str | None = None
    due: str | None = None
    closed: str | None = None
    address: str | None = None
    lon: str | None = None
    lat: str | None = None
    channel: str | None = None
    reporter: str | None = None
    result: str | None = None
    description: list[str] = []


class CategoryRule(_Part):
    """Where the code comes from: one column, several that are joined, or one class for all rows.

    With `split`, the major class is what comes before the separator; with several columns it is the first of them.
    """

    scheme: str
    name: str
    columns: list[str] = []
    split: str | None = None
    only: tuple[str, str] | None = None  # code and name


class DepartmentRule(_Part):
    """Where the department comes from: a column whose text becomes the code, or one department for all rows."""

    kind: Literal["district_platform", "bureau", "squad", "firm", "utility"] = "bureau"
    column: str | None = None
    name_column: str | None = None
    only: tuple[str, str] | None = None  # code and name


class StatusRule(_Part):
    """What a status of the source means here, and what is remembered of it."""

    outcome: Outcome
    marks: dict[str, Any] = {}


class Mapping(_Part):
    """One kind of file."""

    source: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]
    name: str
    zone: str
    times: Annotated[list[str], Field(min_length=1)]
    columns: Columns
    category: CategoryRule
    department: DepartmentRule
    statuses: dict[str, StatusRule] = {}
    without_status: Outcome | None = None
    #: Points (lon, lat) that the source puts where it knows no better: kept as given, counted and marked.
    rounded_points: list[tuple[float, float]] = []

    @property
    def city_zone(self) -> ZoneInfo:
        """The zone of the file's wall-clock times."""
        return ZoneInfo(self.zone)

    def needed_columns(self) -> set[str]:
        """The columns without which no row can be read."""
        said = self.columns
        named = [said.external_no, said.created, said.status, said.due, said.closed, said.lon, said.lat]
        return {one for one in (*named, *self.category.columns, self.department.column) if one}


def parse_mapping(content: str) -> Mapping:
    """Read a mapping. Raises MappingInvalid with every reason."""
    try:
        mapping = Mapping.model_validate(yaml.safe_load(content))
        ZoneInfo(mapping.zone)
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise MappingInvalid(told) from None
    except (yaml.YAMLError, KeyError, ValueError) as error:
        raise MappingInvalid(str(error)) from None
    return mapping
