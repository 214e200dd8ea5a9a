"""Use cases of persons: linking accounts of several cities, and going from one to another."""
