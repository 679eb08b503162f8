"""Queues (待办): the open tasks that a post has to do now, most urgent first.

Words: an *inbox* is what lies before one post: the pool of a role, a department's tasks, or what a person holds. A task
is *claimed* (领取) for some minutes by who works on it; nobody else gets it meanwhile, and who lets it lie loses it.

Invariants: a task that pauses (its case waits elsewhere) lies in no queue; a claim is never an event: it changes
nothing about the case, and ends by itself.
Decided: a department answers for its handlers, so it may act in spite of what one of them has claimed.
A task without a deadline stands where it would if it had been due when it began, so that nobody forgets it.
Sources: reference 1.2, 2.3 (holders), 2.5; the lease is our choice.
"""
