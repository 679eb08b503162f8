"""Who. Written by `people.commands` alone."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    func,
    select,
    true,
    union,
)

from casehub.storage.metadata import Instant, metadata

people = Table(
    "people",
    metadata,
    Column("person_no", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("department_code", Text, ForeignKey("departments.department_code")),
    Column("active", Boolean, nullable=False),
    # Who they are to the OpenID Connect provider.
    Column("subject", Text, unique=True),
    # Tokens of the provider that were made until then are refused.
    Column("signed_out_at", Instant),
)

# What a person may do, and in which part of the city (岗位).
posts = Table(
    "posts",
    metadata,
    Column("post_id", BigInteger, Identity(), primary_key=True),
    Column("person_no", Text, ForeignKey("people.person_no"), nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("area_code", Text, ForeignKey("areas.area_code")),
    Column("department_code", Text, ForeignKey("departments.department_code")),
    Column("valid_from", Instant),
    Column("valid_to", Instant),
    # A period is [from, to).
    CheckConstraint("valid_from < valid_to", name="period"),
)

api_keys = Table(
    "api_keys",
    metadata,
    # SHA-256 of the key: the key itself, 256 random bits, is shown once and not kept.
    Column("key_hash", Text, primary_key=True),
    Column("key_id", Text, nullable=False, unique=True),
    Column("roles", ARRAY(Text), nullable=False),
    Column("person_no", Text, ForeignKey("people.person_no")),
    # The part of the city in which its roles hold; without one, everywhere.
    Column("area_code", Text, ForeignKey("areas.area_code")),
    Column("department_code", Text, ForeignKey("departments.department_code")),
    Column("made_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

passwords = Table(
    "passwords",
    metadata,
    Column("person_no", Text, ForeignKey("people.person_no"), primary_key=True),
    # As argon2 writes it: salt and costs are in it.
    Column("hash", Text, nullable=False),
    # Given by the security officer, for one sign-in.
    Column("must_change", Boolean, nullable=False),
    Column("set_at", Instant, nullable=False),
    # Wrong ones since the last right one, or since the last lock.
    Column("wrong_count", Integer, nullable=False),
    Column("locked_until", Instant),
)

# Deleted when they end; what is remembered is the sign-in.
sessions = Table(
    "sessions",
    metadata,
    # SHA-256 of the token, as with keys.
    Column("token_hash", Text, primary_key=True),
    Column("person_no", Text, ForeignKey("people.person_no"), nullable=False, index=True),
    Column("signed_in_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

# Append-only. A number that nobody has is an attempt too, so it refers to no person.
sign_ins = Table(
    "sign_ins",
    metadata,
    Column("sign_in_id", BigInteger, Identity(), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("person_no", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("address", Text),
    CheckConstraint("outcome IN ('right', 'wrong', 'locked', 'nobody')", name="outcome"),
    Index("ix_sign_ins_person", "person_no", "sign_in_id"),
)

# Append-only: who saw a caller's data in full, and what for. Source: reference 11, PIPL.
readings = Table(
    "readings",
    metadata,
    Column("reading_id", BigInteger, Identity(), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("read_by", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("case_no", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    # Callers shown.
    Column("callers", Integer, nullable=False),
    Index("ix_readings_read_by", "read_by", "reading_id"),
    Index("ix_readings_case_no", "case_no", "reading_id"),
)


def roles_held(at: datetime) -> Any:
    """The roles of a row of `people` at `at`, by their posts and by keys that are theirs."""
    in_force = func.coalesce(posts.c.valid_from <= at, true()) & func.coalesce(posts.c.valid_to > at, true())
    by_post = select(posts.c.role).where(posts.c.person_no == people.c.person_no, in_force)
    by_key = select(func.unnest(api_keys.c.roles)).where(
        api_keys.c.person_no == people.c.person_no, func.coalesce(api_keys.c.revoked_at > at, true())
    )
    return func.array(union(by_post, by_key).scalar_subquery(), type_=ARRAY(Text))
