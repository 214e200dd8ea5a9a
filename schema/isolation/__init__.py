"""Every place of the API that takes an id, found by walking the schema: what ``server.isolation`` then asks."""
