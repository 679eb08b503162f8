"""Who: people (人员), the posts (岗位) they hold, how they come in, and how far they may see.

Reading order: `actors` (posts and the scope they make), `passwords` and `tokens` (who is believed), `commands` (keys and
posts), `commands_sign_in` (sessions and logs), `commands_oidc` (the city's own provider), `depends` (what routes ask for).

Invariants
- Keys and tokens are kept only as their SHA-256, passwords only as argon2id hashes.
- Who calls, with the posts they hold at that instant, is one statement a request; a role does nothing outside its post.
- Every attempt to sign in, and every reading of a caller's data, is a row that is never changed.
- Administrator, security officer and auditor imply nothing of each other (三员分立). docs/access.md says who may what.

Decisions
- A session is a row that its token finds, not a signed token: so it ends at once. It costs nothing, since keys are looked
  up by the same statement.
- A refused sign-in is answered, not raised: what raises is rolled back, and the attempt must be counted.
- An attempt locks the row of its password while argon2 works: guesses at once are compared one after the other.
- Roles come from posts, never from a provider's token: who administers the provider doesn't govern the city.
- An Idempotency-Key belongs to the person, not to their token, which changes every hour.
- No second factor of our own: a provider that asks for one is the way.

Sources: reference 1.2 (roles), 8.6 and 11 (visibility, GB/T 22239, PIPL).
"""
