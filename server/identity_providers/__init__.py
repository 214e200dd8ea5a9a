"""Signing in at a city's own identity provider: OpenID Connect Core 1.0, code flow with PKCE (RFC 7636, S256).

A provider is bound to its city: what one city's provider says opens nothing in another, not even at the same issuer.
"""
