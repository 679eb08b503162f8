"""Answers already given, by the caller's Idempotency-Key. Written by `wire.idempotency` alone."""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from casehub.storage.metadata import Instant, metadata

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key_id", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    # SHA-256 of method, path and body: the same key with another body is a mistake of the caller.
    Column("fingerprint", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("answered_at", Instant, nullable=False),
    PrimaryKeyConstraint("key_id", "idempotency_key"),
)
Index("ix_idempotency_keys_answered_at", idempotency_keys.c.answered_at)
