"""Routes of webhooks and their deliveries."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from casehub.events import commands
from casehub.events.messages import message_id
from casehub.events.retries import State
from casehub.events.schemas import DeliveriesOut, NewWebhookOut, RetriedOut, WebhookIn, WebhookOut
from casehub.people.actors import Role
from casehub.people.depends import Caller
from casehub.wire.pages import page, read_cursor

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

WebhookId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("", response_model=list[WebhookOut], summary="Webhooks")
async def list_webhooks(call: Caller) -> list[dict[str, Any]]:
    """Every webhook, without its secret."""
    call.need(Role.ADMINISTRATOR)
    return await commands.list_webhooks(call.tx)


@router.post("", status_code=201, response_model=NewWebhookOut, summary="Add a webhook")
async def make_webhook(call: Caller, body: WebhookIn, response: Response) -> dict[str, Any]:
    """The secret is in the answer and nowhere else. Not repeatable by Idempotency-Key, so that no answer keeps it."""
    call.need(Role.ADMINISTRATOR)
    made, secret = await commands.make_webhook(call.tx, body.model_dump(), by=call.actor.name, at=call.at)
    response.headers["Location"] = f"/v1/webhooks/{made['webhook_id']}"
    return {**made, "secret": secret}


@router.get("/{webhook_id}", response_model=WebhookOut, summary="Read a webhook")
async def read_webhook(call: Caller, webhook_id: WebhookId) -> dict[str, Any]:
    """One webhook, without its secret."""
    call.need(Role.ADMINISTRATOR)
    return await commands.find_webhook(call.tx, webhook_id)


@router.put("/{webhook_id}", response_model=WebhookOut, summary="Change a webhook")
async def change_webhook(call: Caller, webhook_id: WebhookId, body: WebhookIn) -> dict[str, Any]:
    """For what happens from now on. What waits for one that is made inactive waits until it is active again."""
    call.need(Role.ADMINISTRATOR)
    return await commands.change_webhook(call.tx, webhook_id, body.model_dump())


@router.delete("/{webhook_id}", status_code=204, summary="Delete a webhook")
async def delete_webhook(call: Caller, webhook_id: WebhookId) -> Response:
    """What has not left by now never will."""
    call.need(Role.ADMINISTRATOR)
    await commands.delete_webhook(call.tx, webhook_id, call.at)
    return Response(status_code=204)


@router.get("/{webhook_id}/deliveries", response_model=DeliveriesOut, summary="What a webhook was told")
async def list_deliveries(
    call: Caller, request: Request, webhook_id: WebhookId, state: State | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> dict[str, Any]:  # fmt: skip
    """One page, the newest case first: what waits, was delivered, or failed, and why."""
    call.need(Role.ADMINISTRATOR)
    rows, last = await commands.list_deliveries(
        call.tx, webhook_id, state, after=read_cursor(cursor), most=limit
    )
    items = [{**row, "message_id": message_id(row["case_no"] or row["subject"], row["seq"])} for row in rows]
    return page(request, items, last)


@router.post("/{webhook_id}/retry", response_model=RetriedOut, summary="Try again what has not arrived")
async def retry_deliveries(call: Caller, webhook_id: WebhookId) -> dict[str, int]:
    """Everything that waits or failed is due at once, with all its attempts anew: for when the receiver is repaired."""
    call.need(Role.ADMINISTRATOR)
    return {"deliveries": await commands.retry_deliveries(call.tx, webhook_id, call.at)}
