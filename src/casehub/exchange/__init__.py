"""Cases that come from elsewhere: files of other systems, and the demo city.

Reading order: `mapping` (what a file of another system says, as YAML), `rows` (one row becomes a record or is rejected
with a reason), `histories` (a record becomes the decisions that the engine would have made at the time); then
`commands` (files and the database), `relay` (the same records sent to a live server) and `showcase` with `demo`.

A simulated half-year: `simulate_shape` (how often what happens), `simulate_city`, `simulate_reports`, `simulate_steps`,
`simulate` (what happens to each case), `lives` and `tally` (the count beside it), `commands_simulate` (the door).

Invariants
- The tally of a simulation reads what its stories noted, never events or facts: it is there to contradict them.
- An imported case is a full case: events, tasks and chain are made by the same engine, at the times the source gives.
- Dirt is counted and marked, never repaired; a row that can't be read is rejected with its line and the reason.
- Source and external number name one case: an import repeated makes no second one.

Decisions
- A file is read as a stream and sorted by time within a batch only, so that memory stays flat whatever its length.
- A source's status decides the state; a closing time beside a status that isn't closed is kept as a mark.
"""
