"""Use cases of health checks: who is entitled, writing a check down, and reading under watch."""
