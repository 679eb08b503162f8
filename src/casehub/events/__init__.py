"""What happened (流程记录): one record an action, append-only, chained by hash.

Invariants: an event's hash covers its body and the hash before it; its case keeps the hash of the last one. So a
changed, a removed and an inserted event all show. Personal data of reporters never enters an event.
"""
