"""Invented data for the five shipped cities: their structure from the source articles, every person and case made up."""
