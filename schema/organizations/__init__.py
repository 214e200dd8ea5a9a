"""Organizations as clients see them."""
