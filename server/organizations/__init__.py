"""Organizations: the tree of a city, with levels, chains and kinds that are the city's own words."""
