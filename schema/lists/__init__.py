"""The four lists of a grid as clients see them: reads, mutations, and the stream of their events."""
