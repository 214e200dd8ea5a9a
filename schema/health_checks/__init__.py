"""Health checks as clients see them: who is entitled, the record read under watch, and the log of who read it.

Nothing leads here from residents or cases: health data has entrances of its own (P-01).
"""
