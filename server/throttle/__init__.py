"""Budgets: how many points of query cost a tenant, and a client in it, may spend, counted in Valkey for all processes."""
