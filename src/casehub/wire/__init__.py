"""How anything crosses HTTP: problem+json (RFC 9457), cursor pages, ETags, Idempotency-Key, body limits."""
