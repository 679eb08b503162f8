"""The case file: cases, events, tasks and what they point to"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("CREATE SEQUENCE case_ids")
    op.create_table(
        "areas",
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["parent_code"], ["areas.area_code"], name=op.f("fk_areas_parent_code")),
        sa.PrimaryKeyConstraint("area_code", name=op.f("pk_areas")),
    )
    op.create_index(op.f("ix_areas_parent_code"), "areas", ["parent_code"], unique=False)
    op.create_table(
        "attachments",
        sa.Column("attachment_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.Text(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('near', 'far', 'reference', 'before', 'after')", name=op.f("ck_attachments_kind")
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_attachments")),
    )
    op.create_table(
        "case_numbers",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_case_numbers")),
    )
    op.create_table(
        "city",
        sa.Column("only", sa.Boolean(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint('"only"', name=op.f("ck_city_one_row")),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_city")),
    )
    op.create_table(
        "departments",
        sa.Column("department_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('district_platform', 'bureau', 'squad', 'firm', 'utility')",
            name=op.f("ck_departments_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_code"], ["departments.department_code"], name=op.f("fk_departments_parent_code")
        ),
        sa.PrimaryKeyConstraint("department_code", name=op.f("pk_departments")),
    )
    op.create_index(op.f("ix_departments_parent_code"), "departments", ["parent_code"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_id", "idempotency_key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_answered_at", "idempotency_keys", ["answered_at"], unique=False)
    op.create_table(
        "schemes",
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("scheme", name=op.f("pk_schemes")),
    )
    op.create_index(
        "uq_schemes_default", "schemes", ["is_default"], unique=True, postgresql_where="is_default"
    )
    op.create_table(
        "workflow_versions",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_workflow_versions")),
    )
    op.create_index(
        "uq_workflow_versions_current",
        "workflow_versions",
        ["workflow"],
        unique=True,
        postgresql_where="current",
    )
    op.create_table(
        "categories",
        sa.Column("category_id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("major", sa.Text(), nullable=False),
        sa.Column("major_name", sa.Text(), nullable=False),
        sa.Column("minor", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("self_handling_allowed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('event', 'component')", name=op.f("ck_categories_kind")),
        sa.ForeignKeyConstraint(["scheme"], ["schemes.scheme"], name=op.f("fk_categories_scheme")),
        sa.PrimaryKeyConstraint("category_id", name=op.f("pk_categories")),
        sa.UniqueConstraint("scheme", "kind", "code", name=op.f("uq_categories_scheme_kind_code")),
    )
    op.create_table(
        "people",
        sa.Column("person_no", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("department_code", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_code"], ["departments.department_code"], name=op.f("fk_people_department_code")
        ),
        sa.PrimaryKeyConstraint("person_no", name=op.f("pk_people")),
    )
    op.create_table(
        "api_keys",
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("person_no", sa.Text(), nullable=True),
        sa.Column("department_code", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["department_code"], ["departments.department_code"], name=op.f("fk_api_keys_department_code")
        ),
        sa.ForeignKeyConstraint(["person_no"], ["people.person_no"], name=op.f("fk_api_keys_person_no")),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_id", name=op.f("uq_api_keys_key_id")),
    )
    op.create_table(
        "cases",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("spot", sa.BigInteger(), nullable=True),
        sa.Column("area_code", sa.Text(), nullable=True),
        sa.Column("component_code", sa.Text(), nullable=True),
        sa.Column("external_no", sa.Text(), nullable=True),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("workflow_digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_by", sa.Text(), nullable=True),
        sa.Column("department_code", sa.Text(), nullable=True),
        sa.Column("assignee_no", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("yellow_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("marks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("photos", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.Text(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("search_grams", sa.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint("kind IN ('event', 'component')", name=op.f("ck_cases_kind")),
        sa.ForeignKeyConstraint(["area_code"], ["areas.area_code"], name=op.f("fk_cases_area_code")),
        sa.ForeignKeyConstraint(["assignee_no"], ["people.person_no"], name=op.f("fk_cases_assignee_no")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.category_id"], name=op.f("fk_cases_category_id")
        ),
        sa.ForeignKeyConstraint(
            ["department_code"], ["departments.department_code"], name=op.f("fk_cases_department_code")
        ),
        sa.ForeignKeyConstraint(
            ["workflow_digest"], ["workflow_versions.digest"], name=op.f("fk_cases_workflow_digest")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_cases")),
        sa.UniqueConstraint("case_no", name=op.f("uq_cases_case_no")),
    )
    op.create_index("ix_cases_area_code_case_id", "cases", ["area_code", "case_id"], unique=False)
    op.create_index("ix_cases_assignee_no_case_id", "cases", ["assignee_no", "case_id"], unique=False)
    op.create_index("ix_cases_category_id_case_id", "cases", ["category_id", "case_id"], unique=False)
    op.create_index("ix_cases_spot", "cases", ["spot"], unique=False)
    op.create_index("ix_cases_department_code_case_id", "cases", ["department_code", "case_id"], unique=False)
    op.create_index(
        "ix_cases_open_due_at",
        "cases",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_cases_reported_at", "cases", ["reported_at"], unique=False)
    op.create_index("ix_cases_reported_by_case_id", "cases", ["reported_by", "case_id"], unique=False)
    op.create_index("ix_cases_search_grams", "cases", ["search_grams"], unique=False, postgresql_using="gin")
    op.create_index("ix_cases_state_case_id", "cases", ["state", "case_id"], unique=False)
    op.create_index(
        "ix_cases_tagged_duplicate",
        "cases",
        ["case_id"],
        unique=False,
        postgresql_where=sa.text("marks ? 'tagged_duplicate'"),
    )
    op.create_index(
        "uq_cases_source_external_no",
        "cases",
        ["source", "external_no"],
        unique=True,
        postgresql_where=sa.text("external_no IS NOT NULL"),
    )
    op.create_table(
        "filing_conditions",
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("closing_condition", sa.Text(), nullable=True),
        sa.Column("limit", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.category_id"], name=op.f("fk_filing_conditions_category_id")
        ),
        sa.PrimaryKeyConstraint("category_id", "condition", name=op.f("pk_filing_conditions")),
    )
    op.create_table(
        "case_events",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_case_events_case_id")),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_case_events")),
    )
    op.create_table(
        "case_photos",
        sa.Column("attachment_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachments.attachment_id"], name=op.f("fk_case_photos_attachment_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_case_photos_case_id")),
        sa.PrimaryKeyConstraint("attachment_id", "case_id", name=op.f("pk_case_photos")),
    )
    op.create_table(
        "case_reporters",
        sa.Column("reporter_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("telephone", sa.Text(), nullable=True),
        sa.Column("merged_from_case_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_case_reporters_case_id")),
        sa.ForeignKeyConstraint(
            ["merged_from_case_id"], ["cases.case_id"], name=op.f("fk_case_reporters_merged_from_case_id")
        ),
        sa.PrimaryKeyConstraint("reporter_id", name=op.f("pk_case_reporters")),
    )
    op.create_index(op.f("ix_case_reporters_case_id"), "case_reporters", ["case_id"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("task_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("department_code", sa.Text(), nullable=True),
        sa.Column("person_no", sa.Text(), nullable=True),
        sa.Column("lead", sa.Boolean(), nullable=False),
        sa.Column("limit", sa.Text(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calendar", sa.Integer(), nullable=False),
        sa.Column("budget_microseconds", sa.BigInteger(), nullable=True),
        sa.Column("used_microseconds", sa.BigInteger(), nullable=False),
        sa.Column("running_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("yellow_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("original_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("exemption", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("ledger", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("struck", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("milestones", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_alert_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_tasks_case_id")),
        sa.PrimaryKeyConstraint("case_id", "task_no", name=op.f("pk_tasks")),
    )
    op.create_index(
        "ix_tasks_co",
        "tasks",
        ["department_code", "case_id"],
        unique=False,
        postgresql_where=sa.text("NOT lead"),
    )
    op.create_index(
        "ix_tasks_late",
        "tasks",
        ["case_id"],
        unique=False,
        postgresql_where=sa.text("finished_at > due_at AND kind = 'handle' AND lead"),
    )
    op.create_index(
        "ix_tasks_next_alert_at",
        "tasks",
        ["next_alert_at"],
        unique=False,
        postgresql_where=sa.text("next_alert_at IS NOT NULL"),
    )
    op.create_index(
        "ix_tasks_open_due_at",
        "tasks",
        ["role", "department_code", "due_at"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NULL"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index(
        "ix_tasks_next_alert_at", table_name="tasks", postgresql_where=sa.text("next_alert_at IS NOT NULL")
    )
    op.drop_index("ix_tasks_open_due_at", table_name="tasks", postgresql_where=sa.text("finished_at IS NULL"))
    op.drop_index("ix_tasks_co", table_name="tasks", postgresql_where=sa.text("NOT lead"))
    op.drop_index(
        "ix_tasks_late",
        table_name="tasks",
        postgresql_where=sa.text("finished_at > due_at AND kind = 'handle' AND lead"),
    )
    op.drop_table("tasks")
    op.drop_index(op.f("ix_case_reporters_case_id"), table_name="case_reporters")
    op.drop_table("case_reporters")
    op.drop_table("case_photos")
    op.drop_table("case_events")
    op.drop_table("filing_conditions")
    op.drop_index(
        "uq_cases_source_external_no", table_name="cases", postgresql_where=sa.text("external_no IS NOT NULL")
    )
    op.drop_index(
        "ix_cases_tagged_duplicate",
        table_name="cases",
        postgresql_where=sa.text("marks ? 'tagged_duplicate'"),
    )
    op.drop_index("ix_cases_state_case_id", table_name="cases")
    op.drop_index("ix_cases_search_grams", table_name="cases", postgresql_using="gin")
    op.drop_index("ix_cases_reported_by_case_id", table_name="cases")
    op.drop_index("ix_cases_reported_at", table_name="cases")
    op.drop_index("ix_cases_open_due_at", table_name="cases", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index("ix_cases_department_code_case_id", table_name="cases")
    op.drop_index("ix_cases_spot", table_name="cases")
    op.drop_index("ix_cases_category_id_case_id", table_name="cases")
    op.drop_index("ix_cases_assignee_no_case_id", table_name="cases")
    op.drop_index("ix_cases_area_code_case_id", table_name="cases")
    op.drop_table("cases")
    op.drop_table("api_keys")
    op.drop_table("people")
    op.drop_table("categories")
    op.drop_index("uq_workflow_versions_current", table_name="workflow_versions", postgresql_where="current")
    op.drop_table("workflow_versions")
    op.drop_index("uq_schemes_default", table_name="schemes", postgresql_where="is_default")
    op.drop_table("schemes")
    op.drop_index("ix_idempotency_keys_answered_at", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index(op.f("ix_departments_parent_code"), table_name="departments")
    op.drop_table("departments")
    op.drop_table("city")
    op.drop_table("case_numbers")
    op.drop_table("attachments")
    op.drop_index(op.f("ix_areas_parent_code"), table_name="areas")
    op.drop_table("areas")
    op.execute("DROP SEQUENCE case_ids")
