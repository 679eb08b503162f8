"""The open transaction that commands take. Whoever opens it commits it; a command never does."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Tx = AsyncConnection


async def open_tx(request: Request) -> AsyncIterator[Tx]:
    """One transaction for one request; rolled back when the route raises."""
    engine: AsyncEngine = request.app.state.engine
    async with engine.begin() as tx:
        yield tx


# scope="function" commits before the answer is sent: with the default, a commit that fails comes after a 201.
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
