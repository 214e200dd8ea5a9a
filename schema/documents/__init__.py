"""What a document may ask for: its limits, its cost, and the memory of documents seen."""
