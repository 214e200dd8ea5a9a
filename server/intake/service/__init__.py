"""Use cases of intake: reporting without a name or for somebody else, following by code, channels, likely duplicates."""
