"""The engine: one pool of connections to one city."""

from typing import Any

import orjson
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

#: For lists: which index is right depends on what is asked for (all cases have been closed, hardly any are red), and only
#: a plan that knows the values can ride on partial indexes. Until the transaction ends.
PLAN_FOR_VALUES = text("SET LOCAL plan_cache_mode = force_custom_plan")


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def asyncpg_url(url: str) -> URL:
    """Any `postgres://` or `postgresql://` address, for the driver that casehub uses."""
    parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    return parsed.set(drivername="postgresql+asyncpg")


def make_engine(url: str, schema: str, *, pool_size: int = 16) -> AsyncEngine:
    """An engine whose connections see only the schema of one city; times come back in UTC."""
    return create_async_engine(
        asyncpg_url(url),
        pool_size=pool_size,
        max_overflow=4,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        connect_args={
            "server_settings": {
                "search_path": schema,
                "timezone": "UTC",
                "application_name": "casehub",
                "jit": "off",
                # Our statements are planned once a connection: planning anew for each set of values took half a
                # millisecond of a report. Plans of lists are looked at in this mode (tests/benchmarks).
                "plan_cache_mode": "force_generic_plan",
            }
        },
    )
