"""The use cases of retention: holding a case, and erasing what its city has no right to keep any longer."""
