"""What is done with many items at once."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Of one case of a batch."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


#: What may be done with each case of a list, and the action of its workflow that does it. `plan` writes into the item
#: alone. Here is the place for letters: one `open_letter` for each unit, by the door of their room.
DOINGS: Mapping[str, str | None] = {
    "plan": None,
    "file": "propose_filing",
    "assign": "reassign",
    "remind": "remind",
    "extend": "approve_extension",
}


def action_of(doing: str, state: str, form: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The action and its form for a case in this state: what nobody has yet is dispatched, not taken away; what is
    proposed is filed.
    """
    if doing == "file" and state == "pending_filing":
        return "file", {name: value for name, value in form.items() if name == "opinion"}
    if doing == "assign" and state == "filed":
        return "dispatch", {("opinion" if name == "reason" else name): value for name, value in form.items()}
    action = DOINGS[doing]
    assert action is not None
    return action, dict(form)
