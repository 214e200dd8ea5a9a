"""A city's configuration as its clients see it, and the operator's way to change it."""
