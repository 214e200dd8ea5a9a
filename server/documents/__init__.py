"""Documents that the platform knows by their SHA-256: registered for an application, or kept for a day."""
