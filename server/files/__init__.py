"""Files that people send: where they lie, the links to them, and what is let in."""
