"""Attachments: files beside a case or in a message, from the leave to send one to its removal."""
