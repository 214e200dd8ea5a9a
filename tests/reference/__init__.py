"""A second reading of the schema: slow, obvious, without SQL beyond plain selects, to hold the planner against."""
