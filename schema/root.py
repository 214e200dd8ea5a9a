"""Joins the areas into one schema."""

from __future__ import annotations

import strawberry
from strawberry.tools import merge_types

from schema.cases.queries import CaseQueries
from schema.planner.splice import SplicingExecutor

Query = merge_types("Query", (CaseQueries,))
schema = strawberry.Schema(query=Query, execution_context_class=SplicingExecutor)
