"""Text in and out: numbers, formulas, expressions."""
