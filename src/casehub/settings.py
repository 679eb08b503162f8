"""Every setting of casehub: an environment variable `CASEHUB_<NAME>`, its unit in its name, its meaning beside it."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _known_zone(name: str) -> str:
    ZoneInfo(name)
    return name


class Settings(BaseSettings):
    """The settings of one process; frozen once read."""

    model_config = SettingsConfigDict(env_prefix="CASEHUB_", frozen=True)

    home: Path | None = Field(
        default=None,
        description="Folder of the embedded database and the photos; a system folder by default.",
    )
    database_url: str | None = Field(
        default=None, description="A PostgreSQL of your own, 15 or newer; the embedded server when not set."
    )
    schema_name: str = Field(
        default="casehub",
        alias="CASEHUB_SCHEMA",
        pattern=r"^[a-z_][a-z0-9_]{0,62}$",
        description="The schema that holds this city.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on.")
    admin_key: str | None = Field(
        default=None, min_length=16, description="Makes this an administrator's API key at start."
    )
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="Asia/Shanghai", description="The city's time zone."
    )
    log: str = Field(
        default="info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error."
    )
    region_code: str = Field(
        default="000000",
        pattern=r"^\d{6}$",
        description="Six-digit region code that case numbers begin with.",
    )
    case_no_digits: int = Field(
        default=5, ge=5, le=9, description="Digits of the daily sequence in a case number (reference 3.2)."
    )
    duplicate_radius_metres: float = Field(
        default=50,
        ge=0,
        le=5000,
        description="A report this near to one of the same minor class is a candidate duplicate.",
    )
    duplicate_window_hours: float = Field(
        default=24,
        ge=0,
        le=720,
        description="A report within this time of one of the same minor class is a candidate duplicate.",
    )
    body_limit_bytes: int = Field(default=2_000_000, ge=1000, description="Largest JSON body accepted.")
    photo_limit_bytes: int = Field(default=15_000_000, ge=1000, description="Largest photo accepted.")
    claim_minutes: int = Field(
        default=15, ge=1, le=480, description="How long a task of a queue stays with who took it in hand."
    )
    pool_size: int = Field(default=16, ge=1, le=200, description="Database connections of one process.")

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.timezone)
