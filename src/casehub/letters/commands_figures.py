"""The door of figures: what letters have come to in a period."""

from typing import Any

from casehub.letters import store, store_figures
from casehub.letters.commands import current_ladder
from casehub.letters.figures import Period, figures
from casehub.storage.transaction import Tx


async def letter_figures(tx: Tx, period: Period) -> dict[str, Any]:
    """The figures of the whole city, with the names that its ladder and its departments have now.

    Steps stand as the ladder has them; one that it no longer has keeps its code for a name, and stands last.
    """
    told = figures(await store_figures.read_facts(tx, period), period)
    steps = {
        name: {"name": one.title, "name_en": one.title_en}
        for name, one in (await current_ladder(tx)).steps.items()
    }
    order = [*steps]
    told["steps"].sort(key=lambda row: order.index(row["code"]) if row["code"] in steps else len(order))
    units = await store.read_units(tx, [row["code"] for row in told["units"]])
    rounds = await store_figures.read_rounds_named(tx, [int(row["code"]) for row in told["rounds"]])
    return {
        "total": told["total"],
        "steps": [{**row, **steps.get(row["code"], {"name": row["code"]})} for row in told["steps"]],
        "units": [{**row, "name": units[row["code"]]} for row in told["units"]],
        "rounds": [{**row, **rounds[int(row["code"])]} for row in told["rounds"]],
    }  # fmt: skip
