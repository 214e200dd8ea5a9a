"""The business by area (organizations, cases, ...) and the processes (web, worker, command line).

Knows no GraphQL. Every use case takes values and a keyword-only ``actor``; nobody here commits but the edge.
"""
