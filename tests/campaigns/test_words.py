"""What has a name in several places has the same one in each."""

from typing import get_args

from casehub.campaigns.figures import BANDS, REASONS
from casehub.campaigns.schemas_work import Age, Reason
from casehub.campaigns.tables import campaign_items
from casehub.campaigns.words import REASONS as CALLED


def test_what_stands_in_the_way_and_how_old_it_is_are_named_alike_on_the_wire_in_figures_and_in_the_table() -> (
    None
):
    assert get_args(Age) == BANDS
    assert get_args(Reason) == REASONS
    assert tuple(CALLED) == (*REASONS, "not_said")
    (kept,) = (one for one in campaign_items.constraints if one.name == "ck_campaign_items_reason")
    assert str(kept.sqltext) == f"reason IN {REASONS}"  # type: ignore[attr-defined]
