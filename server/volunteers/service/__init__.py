"""Use cases of volunteers: registration, activities with places, and hours that another person verifies."""
