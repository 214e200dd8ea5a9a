"""A city's whole configuration as one document: its form, its faults, its differences, its published JSON Schema.

Pure: documents in, frozen values or lists of faults out. Storing and applying a manifest happens in the rooms above;
nothing here opens a database or knows a table.
"""
