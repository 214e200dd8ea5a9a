"""Telephones: residents sign in with a one-time code, and change the number that the city knows.

A number is in a city's hands only: it is looked for among that city's residents, and a code is good in one city.
"""
