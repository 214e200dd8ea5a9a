"""The four lists of a grid (四清单, HS-05): its problems, the measures against them, who answers for each, what came of it."""
