"""Use cases of cases: reported, taken up, worked on, escalated, concluded; and what they share: policy, access, log."""
