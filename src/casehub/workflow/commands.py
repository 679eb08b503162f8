"""The door of workflows: which versions there are, and the compiled version of a digest."""

from datetime import datetime
from functools import lru_cache

from casehub.storage.transaction import Tx
from casehub.workflow import store
from casehub.workflow.definition import Definition, parse_definition

#: Versions are immutable and named by their content, so they may be kept for the life of the process.
_parsed = lru_cache(maxsize=256)(parse_definition)
_by_digest: dict[str, Definition] = {}


async def adopt(tx: Tx, content: str, at: datetime) -> tuple[str, bool]:
    """Make a checked definition the current version of its workflow; (digest, whether that changed anything)."""
    definition = _parsed(content, "workflow")
    changed = (await store.read_current(tx)).get(definition.workflow) != definition.digest
    if changed:
        await store.write_current(tx, definition.workflow, definition.digest, content, at)
    return definition.digest, changed


async def definition_of(tx: Tx, digest: str) -> Definition:
    """The definition of a version that some case has."""
    if digest not in _by_digest:
        content = await store.read_content(tx, digest)
        if content is None:
            raise LookupError(f"no workflow version {digest}")
        _by_digest[digest] = _parsed(content, digest)
    return _by_digest[digest]


async def known_actions(tx: Tx) -> set[str]:
    """The actions of cases, of every version: a case keeps the one it began with, and a closed case may be reopened."""
    return {name for definition in await _every(tx) if definition.of == "case" for name in definition.actions}


async def known_statuses(tx: Tx) -> list[str]:
    """The states of letters, of every version: a letter keeps the one it began with."""
    states = [
        name for definition in await _every(tx) if definition.of == "letter" for name in definition.states
    ]
    return [*dict.fromkeys(states)]


async def _every(tx: Tx) -> list[Definition]:
    return [await definition_of(tx, digest) for digest in await store.read_digests(tx)]


async def current_versions(tx: Tx) -> dict[str, Definition]:
    """The definition that new cases of each workflow begin with."""
    return {name: await definition_of(tx, digest) for name, digest in (await store.read_current(tx)).items()}
