"""Access in the graph: why somebody may do something, and operators of the platform who are let in."""
