"""The threads of a case as clients see them: messages, writing them, and their stream."""
