"""The open transaction that commands take. Whoever opens it commits it; a command never does."""

from sqlalchemy.ext.asyncio import AsyncConnection

Tx = AsyncConnection
