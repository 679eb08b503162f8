"""Campaigns (案件清零、专项整治、普查): a list of open cases, frozen, and worked off until nothing is left.

Words
- scope (范围): a saved filter of the list of cases, and the units whose cases it takes; item (清单项): a case on the list.
- newcomer (新增): a case that fits the scope by what it is and was reported after the list was frozen: a line of its own.
- write-off (销号): crossing an item off, with proof; recheck (复核): somebody else looks again, and a fail opens the item
  until it is crossed off anew, or its case is reopened and closed again.
- cleared (清零): the case is closed and no recheck says otherwise. Voided, suspended and passed-on cases are counted
  beside it, and closures without a check inside it, so that nobody reaches zero by another way.
- rebound (反弹): a cleared item at whose place the same minor class was reported again within `rebound_days` (30).
- residual (遗留): items still open, by age and by what stands in the way.

Invariants
- The list never changes once it is frozen; the unit of an item is the department that led it then.
- What happens to a case is the case's own history: a campaign closes nothing, and its clocks stay as late as they were.
- Figures are pure functions of item rows (`figures`), the same for one row or for many alike counted together.
- The figures of an ended campaign stay as they were when it ended.
- A report of a period, and that of the whole campaign when it is ended, is made once, whatever the number of workers,
  and never changes afterwards.

Decisions
- Only open cases are frozen: what is closed already would only flatter the list.
- The same place is within 50 m; a case without a point has no rebound. Source: reference 2.6 (50 m); 30 days are our
  choice, for the reference leaves N open.
- A census (普查) is launched when its survey is made: from its first day collectors report what they find of one class in
  all grids, and the list is what they found; a batch `file` then files it, proposed by an acceptor, filed by a shift
  leader. A list frozen before the survey would be empty, and neither rates nor burn-down would tell anything.
- Figures are kept ready. All in them are sums over items, so what changes is taken out as it was and put in as it is now:
  to count 100,000 items anew takes longer than a page may. Whatever writes items does so within `changing`. All is counted
  anew, and newcomers with it, on a new day, by the worker every ten minutes, and at the end; `counted_at` says when.
- On plan is counted as deadlines are in rates: an item belongs to the plan once its day is over or it is cleared. A day
  is planned ahead: one that has passed stays, and an item whose case has ended gets none, or every plan could be kept.
- A list is narrowed by the same words as figures are counted by; of an ended campaign by its cases as they were then, so
  that its figures lead to their items for good.
- A day on which no worker ran gets no report afterwards: the figures of that evening are gone.
- A batch keeps its list; each step does the next cases in a transaction of its own, so that what was done stays done.
  Whoever goes on with it does what they see, and the rest waits; when the campaign ends, what waits is left undone.
- A planned campaign is not changed: who planned it wrong plans another one.
- Letters are opened unit by unit: a step is the letter to the next unit, about all of its cases up to 1,000, for what a
  letter says (how many, how late) is worded about all of them when it is drafted. All are of one round, which begins with
  the first of them. The cost: a step is as long as its unit's list.
- Reports are printed in a thread, one at a time: a child process would take as much memory again only to start.

Reading order: `rules`, `figures`, `batches`; `commands`, `commands_lists`, `commands_figures`, `commands_items`, `commands_batches`, `commands_reports`, `commands_standing`.
Sources: reference 7, 0.4 (S0a, S0c, S0d), 1.3, 5.2.
"""
