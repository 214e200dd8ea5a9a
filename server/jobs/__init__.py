"""Due work: whatever must happen at a time is a row of PostgreSQL, done exactly once whatever dies on the way.

arq and Redis carry wake-ups and nothing else; ``queue`` is their only door. What the work does belongs to its area.
"""
