"""The audit trail made verifiable: entries are chained by hashes after their commit, and heads of the chain are signed.

Beside it: what was refused is written down, bounded per actor; and who may read the trail. The rows themselves are written by
``server.events.record``.
"""
