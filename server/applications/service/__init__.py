"""Use cases of applications: registering them, giving them keys, and tokens for keys."""
