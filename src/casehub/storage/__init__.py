"""How casehub keeps things: transactions, the embedded PostgreSQL, files by their hash. Knows no noun of the city.

Decisions
- SQLAlchemy Core over asyncpg and nothing between: a Core select costs some 46 microseconds of this process, bare
  asyncpg 11 (measured on 2 cores, 16 connections); the composable statements are worth the difference.
- One city is one schema, set as the search_path of every connection. No table carries a city column.
"""
