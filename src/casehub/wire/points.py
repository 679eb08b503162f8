"""Where something is, as it comes in."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from casehub.wire.text import Long


class Location(BaseModel):
    """A point on the ground in CGCS2000 / WGS 84 degrees, and its address."""

    model_config = ConfigDict(extra="forbid")
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    address: Long | None = None

    @model_validator(mode="after")
    def _whole_point(self) -> "Location":
        if (self.lon is None) != (self.lat is None):
            raise ValueError("a point has both lon and lat")
        return self
