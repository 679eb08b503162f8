"""Rates (考核): what a supervisor asks, counted so that anybody can count it again.

Words
- count (基础指标): a number of the table in `counts`; indicator (指标): a count over another, in `indicators`.
- fact: a moment at which counts go up by one, and whose it is; `facts_of` reads them from the events of a case.
- cell: the sum of facts of a day, month or year for one or two dimensions; sealed days have cells, later ones do not yet.
- formula (计分办法): how units are scored, as data; score (综合得分): what it gives one unit, with every input;
  band (等级): word and colour of a score; burden: load, difficulty mix and holiday exposure beside a rank.
- rule book (考核办法): what the city wrote itself, indicators, formulas and grades, over those that ship; mark (评分): what
  people enter where no rate can say it; contest: by what units are ranked, a formula or one indicator.
- raw and adjusted: with and without what was exempted by an approved appeal.

Invariants
- An answer is the sum of facts, always: whoever asks first makes the facts of cases that changed since the worker looked,
  then one statement, so one snapshot, adds cells of sealed days and facts of later ones.
- Of the rule book and of marks nothing is overwritten: with `as_of`, a ranking that was published is counted again by the
  figures, the rules and the marks of then.
- A case is charged once: the department that let it become overdue first, else the one that finished it.

Decisions
- Facts come from events alone, so a value as of a past instant is the same function of fewer events.
- Rates are of the cohort: `closed` counts those of the cases that should close that are closed by now, so a rate never
  exceeds one; `closed_in_period` counts closings by the day on which they happened. Source: reference 5.2.
- A case is closed on time by the handling deadline of the charged department. Source: reference 0.3 rule 3, 4.8.
- What is not known is neither 0 nor 100: a part whose rate has no value is left out and the others weigh more, or it is
  given in full where the formula says so. Weights that a city has not published are null, and score nobody.
- A unit that could be ranked but lacks marks stops the ranking, since every rank hangs on it; one under the minimum does not.
- Deferred cases (缓办), contact limits of the hotline and inspections by post have no action in any workflow yet, so
  their counts are not in the table rather than always zero.

Reading order: `counts`, `indicators`, `facts`; `periods`, `cells`, `commands`; `questions`, `answers`; `norms`, `formula`, `scores`, `ranking`, with `examples/`; `rulebook`,
`marks`, `contests`.
Sources: reference 0.3, 5, 8.5, 9.3.
"""
