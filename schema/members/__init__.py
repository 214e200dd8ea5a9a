"""Members, appointments and postings as clients see them."""
