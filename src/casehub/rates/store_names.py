"""SQL of what the values of dimensions are called."""

from collections.abc import Collection

from sqlalchemy import BigInteger, Text, any_, bindparam, func, select, table
from sqlalchemy import column as named
from sqlalchemy.dialects.postgresql import ARRAY

from casehub.catalogue.tables import categories
from casehub.departments.tables import departments
from casehub.people.tables import people
from casehub.places.tables import areas
from casehub.rates.questions import AreaName, CategoryName
from casehub.storage.transaction import Tx

# Of a room above this one, so read by name.
_CAMPAIGNS = table("campaigns", named("campaign_id", BigInteger), named("name", Text))


async def read_campaigns(tx: Tx, ids: Collection[int]) -> dict[str, str]:
    """The names of these campaigns, by their number as text."""
    those = select(_CAMPAIGNS.c.campaign_id, _CAMPAIGNS.c.name).where(_CAMPAIGNS.c.campaign_id.in_(ids))
    return {str(number): name for number, name in (await tx.execute(those)).all()}


async def read_areas(tx: Tx, codes: Collection[str]) -> dict[str, AreaName]:
    """These areas and all that they lie in."""
    around = select(func.unnest(areas.c.lies_in)).where(
        areas.c.area_code == any_(bindparam(None, [*codes], type_=ARRAY(Text)))
    )
    columns = [areas.c[name] for name in AreaName._fields]
    return {
        row.area_code: AreaName(*row)
        for row in await tx.execute(select(*columns).where(areas.c.area_code.in_(around)))
    }


async def read_departments(tx: Tx) -> dict[str, tuple[str, str | None]]:
    """Every department: its name, and the one above it."""
    columns = (departments.c.department_code, departments.c.name, departments.c.parent_code)
    return {code: (name, parent) for code, name, parent in (await tx.execute(select(*columns))).all()}


async def read_categories(tx: Tx, ids: Collection[int]) -> dict[str, CategoryName]:
    """These categories, by their number as text."""
    columns = [categories.c[name] for name in CategoryName._fields]
    rows = await tx.execute(
        select(categories.c.category_id, *columns).where(categories.c.category_id.in_(ids))
    )
    return {str(number): CategoryName(*row) for number, *row in rows}


async def read_people(tx: Tx, numbers: Collection[str]) -> dict[str, str]:
    """The names of these people."""
    those = select(people.c.person_no, people.c.name).where(people.c.person_no.in_(numbers))
    return {row.person_no: row.name for row in (await tx.execute(those)).all()}
