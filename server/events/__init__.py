"""The one log: every change leaves an event row and an audit row in its own transaction; wake-ups are only hints."""
