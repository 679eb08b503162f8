"""One problem from report to close (案件): what may be done, by whom, on which proof, and what follows from it.

Reading order: `facts` (the words), `rules.decide` (the one function that moves a case), `guards`, `effects`, `clocks`,
`adjustments`, `holders`; then `commands` (the door) and `store` (the SQL).

Invariants
- A case is in exactly one state of the workflow version it began with; folding its events gives its row and tasks.
- Nothing is deleted; every write is one transaction of case, event and tasks, guarded by the case's version.
- Personal data of reporters lies sealed beside the case, not in its events; masked for who must answer them, in full
  only by a reading that is logged.

Decisions
- `due_at` of a case is the deadline of the first clock that its state names as running.
- Near sightings are sought by `spot`, one number of cell and day: no search walks a class or a day of the whole city.
- An alert is an event like any other: it raises the version, and the history tells it.
- What somebody must decide on is a task of theirs: a pending request, a return, a plan, a case sent back to be corrected.
  It ends with what gave rise to it, whatever way the case takes, so `adjustments` derives it from the marks.
- Who is sent to verify or check, where nobody is named, is chosen by the roster of the moment (`assignment`); by whom it
  was done and by which rule stays on record, whatever becomes of the roster.
- A post holds a clock, a person has it in hand: handing over and assigning a handler change the person, never the clock.
- A returned case can be corrected in category and condition, not in place: near sightings are sought by the spot of the report.
- Which cases need a check is for the workflow to say: where its `close` or `conclude` names `checked_or_reasoned`, a case
  that no check has passed since it was handled is closed with a written answer or reason. Source: reference 7. The
  hotline closes so; an imported case without an answer says that it was closed elsewhere.
- A case number is region, day and a sequence taken in blocks outside the case's transaction: gaps, never a wait.
"""
