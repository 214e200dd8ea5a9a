"""One person in several cities, in the graph."""
