"""The parts of the command line that ``server.cli`` joins: connections for commands, and groups of commands."""
