"""SQL of workflow versions."""

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from casehub.storage.transaction import Tx
from casehub.workflow.tables import workflow_versions as versions

_CURRENT = select(versions.c.workflow, versions.c.digest).where(versions.c.current)
_CONTENT = select(versions.c.content).where(versions.c.digest == bindparam("digest"))


async def read_current(tx: Tx) -> dict[str, str]:
    """The current version of every workflow: {workflow: digest}."""
    return {row.workflow: row.digest for row in await tx.execute(_CURRENT)}


async def read_digests(tx: Tx) -> list[str]:
    """Every version that the city has, those of older cases included."""
    return [*(await tx.execute(select(versions.c.digest))).scalars()]


async def read_content(tx: Tx, digest: str) -> str | None:
    """The text of a version."""
    return (await tx.execute(_CONTENT, {"digest": digest})).scalar()


async def write_current(tx: Tx, workflow: str, digest: str, content: str, at: datetime) -> None:
    """Make a version the one that new cases begin with; versions before it stay for the cases they have."""
    await tx.execute(
        update(versions).where(versions.c.workflow == workflow, versions.c.current).values(current=False)
    )
    row = {"digest": digest, "workflow": workflow, "content": content, "made_at": at, "current": True}
    await tx.execute(
        insert(versions).values(row).on_conflict_do_update(index_elements=["digest"], set_={"current": True})
    )
