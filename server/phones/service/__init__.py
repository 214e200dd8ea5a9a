"""Use cases of telephones: asking for codes, signing in with them, changing the number."""
