"""Why somebody may or may not do something, and leave for operators of the platform to look into a city."""
