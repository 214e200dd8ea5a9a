"""Attachments as clients see them: files beside cases and in messages, and the links to send and fetch them."""
