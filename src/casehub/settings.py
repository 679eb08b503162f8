"""Every setting of casehub: an environment variable `CASEHUB_<NAME>`, its unit in its name, its meaning beside it."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet
from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def _known_zone(name: str) -> str:
    ZoneInfo(name)
    return name


def _fernet_keys(said: str | None) -> str | None:
    for one in (said or "").split(","):
        if one.strip():
            Fernet(one.strip())
    return said


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
    session_minutes: int = Field(
        default=60, ge=1, le=1440, description="A sign-in holds so long; POST /v1/session renews it."
    )
    session_hours: int = Field(
        default=12, ge=1, le=168, description="After that it is renewed no more: sign in again."
    )
    lockout_attempts: int = Field(
        default=5, ge=1, le=100, description="So many wrong passwords in a row lock a person out."
    )
    lockout_minutes: int = Field(default=15, ge=1, le=1440, description="For so long they are locked out.")
    oidc_issuer: str | None = Field(
        default=None,
        pattern="^https?://",
        description="An OpenID Connect provider whose access tokens let people in, as its tokens name it.",
    )
    oidc_audience: str | None = Field(
        default=None, min_length=1, description="What its tokens must be made for; needed with the issuer."
    )
    oidc_claim: str = Field(
        default="sub", min_length=1, description="The claim that holds the subject of a person."
    )
    data_keys: Annotated[str | None, AfterValidator(_fernet_keys)] = Field(
        default=None,
        repr=False,
        description="Keys of the caller data, with commas between: the first encrypts, all decrypt. "
        "Without it, the file data.keys in the home, made when it is first needed.",
    )
    body_limit_bytes: int = Field(default=2_000_000, ge=1000, description="Largest JSON body accepted.")
    photo_limit_bytes: int = Field(default=15_000_000, ge=1000, description="Largest photo accepted.")
    claim_minutes: int = Field(
        default=15, ge=1, le=480, description="How long a task of a queue stays with who took it in hand."
    )
    pool_size: int = Field(default=16, ge=1, le=200, description="Database connections of one process.")

    @model_validator(mode="after")
    def _issuer_with_audience(self) -> "Settings":
        if self.oidc_issuer and not self.oidc_audience:
            raise ValueError(
                "CASEHUB_OIDC_ISSUER needs CASEHUB_OIDC_AUDIENCE: without it, a token made for another service would do"
            )
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.timezone)
