"""How the database got its shape: alembic revisions, run as the owner role; no other room changes the schema."""
