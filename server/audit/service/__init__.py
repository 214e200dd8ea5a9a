"""Use cases of the audit trail: sealing, signing, verifying, noting what was refused."""
