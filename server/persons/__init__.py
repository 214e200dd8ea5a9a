"""Persons: somebody who serves in several cities and signs in once, with an account in each.

Which accounts are one person's stands in the platform's own tenant, where no city's session can look: a city never learns
where else its people serve.
"""
