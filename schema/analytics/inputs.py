"""Inputs of figures."""

from __future__ import annotations

from datetime import date

import strawberry


@strawberry.input(description="A run of days in the city's time zone, both ends included; at most 3660 days.")
class Period:
    """From a day to a day."""

    from_: date = strawberry.field(name="from", description="The first day.")
    to: date = strawberry.field(description="The last day; stocks such as grids are as of its end.")
