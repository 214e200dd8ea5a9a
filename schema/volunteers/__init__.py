"""Volunteers as clients see them: registration, activities with places, and the ledger of hours."""
