"""The process behind ``civicgrid up``: everything on one machine, from an empty directory to a running platform.

Owns the order of the steps, the children (web, worker) and what the terminal shows. It does nothing that a settings
file and four commands could not do: the children get addresses in their environment and know nothing of it.
"""
