"""Webhooks and deliveries on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from casehub.events.retries import State
from casehub.wire.text import Short

Address = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
Action = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]


class WebhookIn(BaseModel):
    """Where another system wants to hear of what happens."""

    model_config = ConfigDict(extra="forbid")
    url: Address = Field(
        description="Takes POST over http or https.", examples=["https://example.org/casehub"]
    )
    actions: Annotated[list[Action], Field(min_length=1, max_length=100)] | None = Field(
        default=None,
        description="Only these actions, such as report or close, and notices, such as bulletin_published; "
        "everything when left out.",
    )
    area_code: Short | None = Field(
        default=None, description="Only cases that lie in this area or below; null is the whole city."
    )
    department_code: Short | None = Field(
        default=None,
        description="Only cases of this department or those below, led or helped with; null is all.",
    )
    active: bool = Field(default=True, description="An inactive one hears of nothing that happens meanwhile.")


class WebhookOut(BaseModel):
    """A webhook, without its secret."""

    webhook_id: int
    url: str
    actions: list[str] | None
    area_code: str | None
    department_code: str | None
    active: bool
    made_at: datetime
    made_by: str


class NewWebhookOut(WebhookOut):
    """A new webhook; its secret is shown this once."""

    secret: str


class DeliveryOut(BaseModel):
    """An event, or a notice, on its way to a webhook."""

    message_id: str
    case_no: str | None = Field(description="Null where it is no event of a case.")
    seq: int
    action: str
    state: State
    attempts: int
    made_at: datetime
    next_try_at: datetime | None
    delivered_at: datetime | None
    last_error: str | None


class DeliveriesOut(BaseModel):
    """One page of deliveries; `next` is the address of the following one."""

    items: list[DeliveryOut]
    next: str | None


class RetriedOut(BaseModel):
    """How many deliveries are due anew."""

    deliveries: int
