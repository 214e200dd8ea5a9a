"""Residents: the people a city serves, with the least data that serving them needs (sources.md 5.2).

No scores, no attributes of belief or politics, no watch lists; a resident sees who looked at what (N-03, N-04, N-09).
"""
