"""Who: people (人员), the roles they hold, their API keys, and how far they may see.

Invariants: a key is kept only as its SHA-256; every action names the role it was done in.
Sources: reference 1.2 (roles), 11 (visibility).
"""
