"""When something is due (时限), and the obligations that people are held to (tasks).

A *task* is one clock that somebody is held to. A *limit* (时限) is an amount and a unit. On time is
`finished_at <= due_at`. A task without a deadline is never on time: it has no `due_at`. The *working calendar*
(工作日历) says when the city works: hours (作息时间), public holidays and shifted workdays (调休) as published, the city's
own days on top.

Invariants: a version of the calendar never changes, and a new one moves no deadline already given. A deadline is the
first instant when its time has run off, so one that falls on a closing stays there. Sources: reference 4.1 to 4.4.

Decisions
- Deadlines are looked up by bisection in cumulative working time; cost: a calendar takes 0.1 s to compile, once.
- Outside the published years a working limit is refused rather than guessed, until the city enters the days of the
  year and declares it complete. Plain limits need no calendar.
- Slots are times of the city's wall clock, opened and closed when that clock first shows them or leaps over them.
- An overdue clock ran out at the first instant that fits: on Friday at closing and not on Monday at opening.
- A limit of zero is refused: its deadline would be over before anybody could act.
- A task keeps a budget and what it has used of it, in microseconds of its own kind of time; the deadline follows from
  both. So pauses in any order are right, and nothing is lost by rounding.
- What has run is counted by the version that the deadline was given with; a resumption or an extension goes on by the
  current one. `recompute` moves running deadlines that are not over, and only when somebody asks.
- Alerts have a row of their own, unique on task, round and rung: that insert is the claim. An extension begins a new
  round; a pause does not.
- Reminders wait for the city to open, red does not; a reminder that would come after the deadline is left to red.
"""
