"""Compiles a GraphQL selection into one SQL statement per root field, which returns finished JSON text.

Also the guard: every place where a type appears gets the tenant predicate, the area's visibility predicate and the
field's permission. There is no other way to read tenant data.
"""
