"""Free health checks: who is entitled, the encrypted record, and the log of who read it.

Readable by the resident and the treating staff alone; no other role, the tenant admin included, has a way in (P-01).
"""
