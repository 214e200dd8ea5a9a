"""Applications of third parties and their keys, as those who manage them see them."""
