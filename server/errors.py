"""Failures of the business areas, on top of the few every room knows (``tenants.errors``)."""

from __future__ import annotations

from tenants.errors import AppError, Conflict, Invalid, NotFound, NotPermitted, Unauthenticated

__all__ = ["AppError", "Conflict", "Invalid", "NotFound", "NotPermitted", "RuleViolation", "Unauthenticated"]


class RuleViolation(Invalid):
    """A pure rule (``server.<area>.rules``) refused: the code says which rule, the message what to do instead."""

    default_code = "RULE_VIOLATION"
