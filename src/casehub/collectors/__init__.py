"""The patrol side (采集员): what is brought from the street without a network, and the ledgers by which it is judged.

Words
- item: something done on the street (a report, a result of a task, a withdrawal) under an id that the device made, sent
  when there is a network, once or again. It is applied, waits for a photo or for another item, or is refused.
- spot check (抽查): an unannounced look at a collector on duty: attendance, appearance. Corrected by another row.
- finding: a missed report (漏报, found by another in the collector's duty grid) or a false report (虚报), proposed by who
  inspects, answered by the collector, confirmed or dismissed by an evaluator. Only confirmed ones count.

Invariants
- After any order and repetition of deliveries of the same items and photos, cases and tasks are the same.
- An item that was applied or refused stays so: a refused one is corrected under a new id, and what hangs on it is refused
  with it.

Decisions
- An item happens when it arrives; `observed_at` is kept in the event as what the device says. No clock starts, stops or
  moves by it: the clock of a device can be wrong, or be set. Who was late for want of a network is exempted by people.
- Two items in which one depends on the other say so (`after`, `report_id`): else the first that comes is the first done.
- Deliveries of one person are taken one after the other (an advisory lock), so that a photo and the item that names it
  never miss each other.
- At most 1,000 items of one person wait. What would wait beyond that is refused and not kept, so it may be sent again as
  it is; what can be done at once is always taken, so that the line gets shorter.
- Items that wait for each other in a circle are refused as soon as it is closed, with those that hang on them.
- A finding and a report count in the period in which the report came in, so that the rate compares like with like.

Reading order: `sync`, `commands`; `ledgers`, `figures`, `commands_ledgers`. The roster (排班) is `places/roster.py`.
Sources: reference 0.4 (S0a, F7), 1.3, 2.4, 2.6, 5.3 to 5.5.
"""
