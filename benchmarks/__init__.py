"""How fast chainrule is, beside other libraries and hand-written C: `python -m benchmarks`."""
