"""Bringing a city on board and changing its configuration: a manifest planned and applied by the platform's operator."""
