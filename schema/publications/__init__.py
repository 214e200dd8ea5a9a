"""Publications as clients see them: drafts for those who publish, copies for everybody."""
