"""Who is asking, for which city, through which session.

The bottom room: tenant, actor, database sessions under row security, roles and Casbin, manifests.
It knows nothing of the areas above it and is the only door to tenant data.
"""
