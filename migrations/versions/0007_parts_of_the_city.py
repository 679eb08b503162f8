"""Who sees which part of the city"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TREES = (("areas", "area_code", "lies_in"), ("departments", "department_code", "belongs_to"))


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, key, column in TREES:
        op.add_column(
            table, sa.Column(column, postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False)
        )
        op.create_index(f"ix_{table}_{column}", table, [column], postgresql_using="gin")
        op.execute(f"""
            WITH RECURSIVE climb (code, above, up) AS (
                SELECT {key}, ARRAY[{key}], parent_code FROM {table}
                UNION ALL
                SELECT c.code, c.above || t.{key}, t.parent_code FROM climb AS c JOIN {table} AS t ON t.{key} = c.up
            )
            UPDATE {table} SET {column} = climb.above FROM climb WHERE climb.up IS NULL AND climb.code = {table}.{key}
        """)  # noqa: S608 - names of our own
    op.add_column("api_keys", sa.Column("area_code", sa.Text(), nullable=True))
    op.create_foreign_key(op.f("fk_api_keys_area_code"), "api_keys", "areas", ["area_code"], ["area_code"])
    op.create_index(
        "ix_tasks_person",
        "tasks",
        ["person_no", "case_id"],
        postgresql_where=sa.text("person_no IS NOT NULL"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_tasks_person", "tasks")
    op.drop_constraint(op.f("fk_api_keys_area_code"), "api_keys", type_="foreignkey")
    op.drop_column("api_keys", "area_code")
    for table, _, column in TREES:
        op.drop_column(table, column)
