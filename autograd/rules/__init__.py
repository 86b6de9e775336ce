"""Functions with derivatives of one's own."""
