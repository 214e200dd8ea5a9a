"""Owns the measurements against peers: one data set, one load generator, one JSON line per comparison.

Nothing here is part of the product; ``python -m bench`` and docs/bench.md say how to run it.
"""
