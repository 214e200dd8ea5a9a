"""GraphiQL for developers, served from files of this folder: no request leaves the machine."""
