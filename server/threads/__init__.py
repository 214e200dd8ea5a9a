"""Threads of a case: what its reporter and its handlers write to each other, and what staff write among themselves."""
