"""Root reads of cases."""

from __future__ import annotations

import strawberry

from schema.cases.inputs import CaseFilter, CaseOrder
from schema.cases.types import Case, CaseConnection
from schema.planner.fields import root_by_id, root_connection


@strawberry.type
class CaseQueries:
    """Reads of cases."""

    cases: CaseConnection = root_connection(
        "Cases the viewer may see, newest first unless ordered otherwise.",
        CaseConnection,
        filter=CaseFilter,
        order=CaseOrder,
    )
    case: Case | None = root_by_id("One case by id; null when there is none the viewer may see.", Case, prefix="case")
