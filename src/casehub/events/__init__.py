"""What happened (流程记录): one record an action, append-only, chained by hash; and who outside must hear of it.

A *webhook* is an address of another system. A *delivery* is a row that points from an event to a webhook, or from a
*notice* (告知): something that others must hear of and that is no event of a case, such as a bulletin that was published.
Reading order: `chain` (the record), `messages` (what a webhook is told), `retries` (when it is told again), `relay`.

Invariants
- An event's hash covers its body and the hash before it; its case keeps the hash of the last one. So a changed, a
  removed and an inserted event all show. Personal data of reporters never enters an event, nor a message.
- A delivery is written by the very statement that stores its event: no event is missed, none of an action that was
  rolled back ever leaves.
- A message arrives at least once, always under the same id; of one case, in the order of its events.

Decisions
- Deliveries are claimed by lease: pushed ahead, committed, sent, settled. No transaction is open while somebody else's
  server is thinking, and a worker that dies loses nothing; cost: what it had sent and not settled is sent again.
- Each webhook has a lane of its own, so that a slow receiver holds up only itself.
- A message tells the event and where the case stood after it; descriptions, places and photos stay behind the API and
  its scopes.
- Notices ride on the same rows as events, under numbers that no case ever has: one queue, one signature, one order, and
  the statement that stores events stays as it is. The cost: deliveries have no foreign key.
- A webhook may name the actions of every workflow version that the city has, since cases keep theirs, and what is told
  beside them (`chain.Unasked`, `messages.NoticeKind`).
- A webhook may hear of a part of the city only. Where a case lies travels with its events in the statement that stores
  them, so that this costs none; of a case that leaves its department it still hears that event.
- The history that an import brings is told to nobody: it happened elsewhere, long ago. What is done to such a case
  afterwards is told.
- Only administrators name addresses, and they may lie in the city's own network; redirects are refused.
- A deleted webhook stays as a row without its secret: were it taken away, a report that just points to it would fail.
- Libraries for retries pace a running call; our schedule lies in the row, so that it survives restarts.

Source of form and signature of messages: Standard Webhooks 1.0.0 (standardwebhooks.com).
"""
