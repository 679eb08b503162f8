"""Bulletins (通报): what a city publishes of a week, a month or a quarter, drawn up from rates and frozen when published.

Words
- definition (通报方案): which bulletin a city draws up: rhythm, groups of units, indicators, ranking, sections. Data.
- content: what is drawn up, as plain JSON; every figure carries the address of the cases behind it. A draft (草稿) may be
  drawn up again; what is published (发布) stays as it is, with its digest and its number (期号) in the year.
- correction (更正): a figure that comes out otherwise today than it was published, with the cases by which it does.

Invariants
- All figures are answers of `rates`, `letters` and `campaigns` to the whole city: rows add up, and anybody can count them
  again. Those of rates are of one instant, so are those of letters, and those of each campaign.
- Nothing published is changed or deleted. Withdrawn (撤回) is a mark with a reason; its number is not given again.
- One bulletin of a definition and a period, beside withdrawn ones, whatever the number of workers.

Decisions
- A room of its own above rates and campaigns, because a bulletin prints what both know.
- What is published is the draft that was seen, not a fresh count: figures carry the instant at which they were drawn up.
- Corrections are counted anew when asked for and kept nowhere: the events are their proof.
- What happened to letters is told of the period, and what is unanswered of its end: so it stays as it was told, and a
  correction of it would mean that events were changed. How campaigns stand is told of the instant of drawing, for their
  lists do not know how they stood before; that they move on corrects nothing, so corrections leave them out.
- Units below the ranking's minimum are listed apart; a unit with three cases does not win the month.
- Every printing runs in a process that ends with it: the libraries take 100 MB and are slow to load, and a server has
  neither to spare. The cost: two thirds of a second each.

Reading order: `definition`, `asked`, `content`, `bulletin`, `corrections`, `layout`, `layout_levers`.
Sources: reference 0.3, 0.4 (S0a, S0d), 5.2, 5.5, 5.7, 5.8, 9.3.
"""
