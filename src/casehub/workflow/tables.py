"""Workflow definitions, immutable and known by the hash of their content. Written by `workflow.commands` alone."""

from sqlalchemy import Boolean, Column, Index, Table, Text

from casehub.storage.metadata import Instant, metadata

workflow_versions = Table(
    "workflow_versions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("workflow", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("current", Boolean, nullable=False),
)
# New cases begin with the one current version of a workflow.
Index(
    "uq_workflow_versions_current", workflow_versions.c.workflow, unique=True,
    postgresql_where=workflow_versions.c.current,
)  # fmt: skip
