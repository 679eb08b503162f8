"""What routes of cases ask for."""

from typing import Annotated

from fastapi import Depends, Request

from casehub.cases.commands import Desk


async def the_desk(request: Request) -> Desk:
    """Where case numbers come from, and what seals caller data."""
    return desk(request)


def desk(request: Request) -> Desk:
    """The desk of this process."""
    found: Desk = request.app.state.desk
    return found


TheDesk = Annotated[Desk, Depends(the_desk)]
