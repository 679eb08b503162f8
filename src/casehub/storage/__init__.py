"""How casehub keeps things: transactions, the embedded PostgreSQL, files by their hash. Knows no noun of the city.

Decisions
- SQLAlchemy Core over asyncpg: a Core statement costs some 76 microseconds of this process, bare asyncpg 27 (measured on
  2 cores); the composable statements are worth the difference, but on hot paths, where they are compiled once and sent
  straight to the driver (`hot.py`).
- Rows are sent as one JSON parameter a table (`sent.py`): a decision of any size is one statement.
- Statements are planned once a connection; lists, whose plan depends on what they ask for, plan for their values.
- One city is one schema, set as the search_path of every connection. No table carries a city column.
"""
