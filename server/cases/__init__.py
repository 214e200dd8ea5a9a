"""Cases: a resident's matter from report to archive, its deadlines and its log.

One table of transitions (``rules``) decides what may happen; every change leaves an event that ``replay`` folds back.
"""
