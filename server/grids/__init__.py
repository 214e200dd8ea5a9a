"""Grids: the cells of a city that somebody is responsible for; one layer, shared by every department (HS-01)."""
