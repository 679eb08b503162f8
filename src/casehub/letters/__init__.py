"""Pressure (督办): letters that somebody must answer, and the ladder that says which letter follows on which trouble.

Words
- ladder (督办阶梯): the city's steps from a warning to listed supervision, with triggers, signers, limits and wordings.
- letter (督办函 and its kinds): a document to one unit about 1 to n cases; a case has 0 to n letters.
- round (期): letters that go out together. Round of a clock: the number of the task whose deadline gave rise to a step.

Reading order: `ladder`, `numbers`, `flow` (the one function that moves a letter), `drafts` (what it says), `sheet` and
`pdf`, `docx` (how it looks); then `commands`, `commands_watch` (the ladder climbed by itself), `commands_rounds`, `figures` (what they came to), `store`.

Invariants
- A letter is in one state of `workflows/letter.yaml`; its events are chained by hash and never changed.
- Nothing official leaves without the signature of somebody who neither drafted, revised nor reviewed it.
- A number is given at signing, without gaps per agency code and year; a withdrawn letter keeps its number, marked.
- One letter for one step of one round of one case, held by the database, whatever the number of workers.
- What was signed is what is printed: text and case table are kept with the letter when it is drafted.

Decisions
- A letter is no case: it would be counted as one. It has a table and a chain of its own, and runs on the same machine.
- The reply is owed on the cases: sending supervises each case that the unit still leads, so its clock `reply` runs in
  the department's queue, by the city's calendar, and in the rate of replies, like any supervision; one reply to the
  letter answers all of them. What has closed meanwhile owes nothing. Withdrawing lifts what the letter raised.
- A case owes one reply at a time, to the letter that was sent last: sending lifts what it owed to others, which counts
  as unanswered where it was overdue. Two clocks would ask one department for two answers to the same question.
- The ladder is one file with agencies, steps and wordings: a new kind of letter is one entry. It is kept in the
  database, so that every server and worker has the same, and refused with its line when it is loaded. The layout is
  no part of it: the standard fixes it to the millimetre, and PDF and DOCX must not come apart.
- After a standstill only the heaviest automatic step goes out, and the heaviest official one is drafted.
- Other systems hear of a letter that was sent, replied to or withdrawn by a notice, and of what it does to its cases by
  their events (`remind`, `supervise`, `reply_supervision`, `lift_supervision`).
- Figures count letters, not events: one whose reply was rejected twice is one. How a letter stood at an instant is told by
  its events, so that a figure of last month still leads to its letters.
Sources: reference 6 (ladder, fields, numbers, replies, layout), 0.4 S0a and S0d, 8.3 [H3].
"""
