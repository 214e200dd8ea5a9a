"""Programs of third parties: registered by a city, let in by keys, bound to what the city grants them now."""
