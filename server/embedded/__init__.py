"""PostgreSQL and Valkey that come with the program: started, watched and stopped by it, for a machine with neither.

Owns where their files and programs lie and whose account they run under. Knows nothing of the tables inside: whoever
has the addresses (``services.Services``) could have got them from ``DATABASE_URL`` and ``REDIS_URL`` just as well.
"""
