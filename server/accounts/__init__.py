"""Accounts: who may sign in, with which password, and the sessions, tokens and actors that follow from it.

An account never holds a role: roles come from appointments, and end with them.
"""
