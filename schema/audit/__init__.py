"""The audit trail as clients see it: what admins search, what residents learn of themselves, and the trace of refusals."""
