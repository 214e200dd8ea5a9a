"""Use cases of members: who serves, in which role, where and for how long."""
