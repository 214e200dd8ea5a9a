"""Intake as clients see it: what is asked, likely duplicates, reports without a name and their codes, channels."""
