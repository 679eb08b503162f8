"""When something is due (时限), and the obligations that people are held to (tasks).

A *task* is one clock that somebody is held to. A *limit* (时限) is an amount and a unit. On time is
`finished_at <= due_at`. A task without a deadline is never on time: it has no `due_at`.

Decisions
- Until the working calendar arrives, `work_hour` and `work_day` count plain hours and days of the clock. Every
  deadline goes through `limits.due_at`, so that only that function changes.
- A task keeps a budget and what it has used of it; the deadline follows from both. So pauses in any order are right.
"""
