"""What a webhook is told."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import orjson

from casehub.events.chain import GENESIS, link
from casehub.events.messages import Told, content_of, headers_of

AT = datetime(2024, 5, 6, 1, 2, 3, 456789, tzinfo=UTC)
CASE = {
    "case_no": "11010120240506000001", "kind": "event", "category_id": 7, "source": "public", "external_no": None, "workflow": "event",
    "area_code": "east1", "state": "filed", "stage": "verify", "department_code": None, "reported_at": "2024-05-06T01:00:00Z",
    "due_at": None, "ended_at": None, "description": "井盖", "address": "长安街1号", "lon": 116.4, "lat": 39.9,
    "reported_by": "a1", "photos": [],
}  # fmt: skip
BODY = {"by": "s1", "role": "shift_leader", "from": "pending_filing", "to": "filed", "form": {"condition": "A"}, "case": {}, "tasks": []}  # fmt: skip
TOLD = Told(
    link(1, 3, "file", AT, BODY, GENESIS), CASE, {"scheme": "cjt214_2007", "code": "0102", "name": "暴露垃圾"}
)


def test_a_message_tells_the_event_and_where_its_case_stands() -> None:
    assert orjson.loads(content_of(TOLD)) == {
        "type": "case.file", "timestamp": "2024-05-06T01:02:03.456789+00:00",
        "data": {
            "event": {
                "seq": 3, "action": "file", "at": "2024-05-06T01:02:03.456789+00:00", "by": "s1", "role": "shift_leader",
                "from_state": "pending_filing", "to_state": "filed", "form": {"condition": "A"}, "hash": TOLD.event.hash,
            },
            "case": {
                "case_no": "11010120240506000001", "kind": "event", "source": "public", "external_no": None, "workflow": "event",
                "category": {"scheme": "cjt214_2007", "code": "0102", "name": "暴露垃圾"}, "area": "east1", "department": None,
                "state": "filed", "stage": "verify", "reported_at": "2024-05-06T01:00:00Z", "due_at": None, "ended_at": None,
            },
        },
    }  # fmt: skip


def test_a_receiver_needs_no_library_to_verify_a_message() -> None:
    key = bytes(range(32))
    content = content_of(TOLD)
    headers = headers_of(TOLD, content, "whsec_" + base64.b64encode(key).decode(), AT)
    assert headers["Webhook-Id"] == "11010120240506000001-3"
    assert headers["Webhook-Timestamp"] == "1714957323"
    signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.{content}".encode()
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["Webhook-Signature"] == f"v1,{signature}"
