"""What cities make public of their cases: redacted copies, each checked by a second person (T23, T24, P-13)."""
