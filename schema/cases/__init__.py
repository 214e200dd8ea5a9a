"""Cases as clients see them: reads, the mutations of the loop, and the stream of their events."""
