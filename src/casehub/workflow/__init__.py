"""What may happen to a case (流程): definitions in YAML, checked when loaded, run by a compiled state machine.

A *state* has a stage, a holder and the clocks that run in it; an *action* leads from states to a state, in a role,
with a form, guards and effects. Arriving in a state starts or resumes the clocks it runs, pauses those it pauses and
stops the others, so a clock effect is read where the state is.

Invariants: a definition is immutable and known by the hash of its content; a case keeps the version it began with.
Decisions: guards and effects are names in a closed registry, there is no expression language. Source: reference 2.
"""
