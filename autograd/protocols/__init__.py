"""How a Value behaves where Python and NumPy ask: operators, comparisons, ufuncs, pickles."""
