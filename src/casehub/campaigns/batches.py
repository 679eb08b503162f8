"""What is done with many items at once."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Of one case of a batch."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


#: Done unit by unit: a letter to each that leads some of the cases, all of one round, by the door of letters.
LETTERS = "open_letters"
#: What may be done with each case of a list, and the action of its workflow that does it. `plan` writes into the item
#: alone, and a letter is drafted about all cases of a unit.
DOINGS: Mapping[str, str | None] = {
    "plan": None,
    "file": "propose_filing",
    "assign": "reassign",
    "remind": "remind",
    "extend": "approve_extension",
    LETTERS: None,
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
