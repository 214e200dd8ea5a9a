"""Use cases of accounts: signing in, opening and changing accounts, second factors, invitations."""
