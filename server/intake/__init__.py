"""Intake: reports by anybody and by any way (WH-16): without sign-in, for somebody else, and by channels."""
