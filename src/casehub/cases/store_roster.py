"""SQL of asking the roster about a case."""

from datetime import datetime

from sqlalchemy import text

from casehub.cases.assignment import Candidate
from casehub.storage.transaction import Tx

# Duty grids that the place lies in, and those of its sub-district, by ix_areas_lies_in; their shifts that have not ended
# by ix_shifts_area_code_ends_at; what somebody has in hand by ix_tasks_held.
_CANDIDATES = text(
    """
    WITH home AS (SELECT lies_in FROM areas WHERE area_code = :area),
    grids AS (
        SELECT g.area_code, g.lies_in, g.area_code = ANY(home.lies_in) AS at_home,
               (SELECT count(*) FROM unnest(g.lies_in) AS one WHERE one = ANY(home.lies_in)) AS shared
        FROM home JOIN areas AS g ON g.kind = 'duty_grid' AND (
            g.area_code = ANY(home.lies_in)
            OR g.lies_in && ARRAY(
                SELECT a.area_code FROM areas AS a WHERE a.kind = 'subdistrict' AND a.area_code = ANY(home.lies_in)
            )
        )
    )
    SELECT s.person_no, s.area_code, g.at_home, g.shared, s.standing,
           (SELECT count(*) FROM tasks AS t
            WHERE t.person_no = s.person_no AND t.finished_at IS NULL AND t.running_since IS NOT NULL) AS in_hand
    FROM grids AS g JOIN shifts AS s USING (area_code)
    WHERE s.begins_at <= :at AND (s.ends_at > :at OR s.ends_at IS NULL)
    """
)


async def read_candidates(tx: Tx, area: str, at: datetime) -> list[Candidate]:
    """Whom the roster names at `at` for a place in that area, or in the other duty grids of its sub-district."""
    return [Candidate(*row) for row in await tx.execute(_CANDIDATES, {"area": area, "at": at})]
