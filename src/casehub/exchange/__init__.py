"""Cases that come from elsewhere: files of other systems, and the demo city.

Reading order: `mapping` (what a file of another system says, as YAML), `rows` (one row becomes a record or is rejected
with a reason), `histories` (a record becomes the decisions that the engine would have made at the time); then
`commands` (files and the database), `relay` (the same records sent to a live server) and `showcase` with `demo`.

Invariants
- An imported case is a full case: events, tasks and chain are made by the same engine, at the times the source gives.
- Dirt is counted and marked, never repaired; a row that can't be read is rejected with its line and the reason.
- Source and external number name one case: an import repeated makes no second one.

Decisions
- A file is read as a stream and sorted by time within a batch only, so that memory stays flat whatever its length.
- A source's status decides the state; a closing time beside a status that isn't closed is kept as a mark.
"""
