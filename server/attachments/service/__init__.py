"""The use cases of attachments, and what the routes do for those who hold a link."""
