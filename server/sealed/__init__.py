"""Sealed matters of discipline (T26, FD-01 to FD-05): in tables of their own, outside every ordinary role.

No other area of the business may import this one (pyproject.toml, *floors*): what none can name, none can count or tell.
"""
