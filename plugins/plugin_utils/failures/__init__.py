"""Say why a release failed: the exception first, and one line of advice."""
