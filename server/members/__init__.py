"""Members: the people who serve, their appointments (the only source of roles) and their postings."""
