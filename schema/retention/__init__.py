"""Legal holds as clients see them."""
