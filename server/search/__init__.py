"""Finding things by words: which terms stand for a text, and the table that leads from terms to things."""
