"""Client applications in the graph: the documents each may send."""
