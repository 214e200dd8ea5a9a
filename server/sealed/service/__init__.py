"""Use cases of sealed matters: reporting, handling, following by code, zones, and reading under watch."""
