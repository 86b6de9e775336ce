"""The table of operations: what an operation is, the operations themselves, and the arithmetic of floats.

operation, arithmetic, requirement, powers     what the entries are made of
elementary, activations, special, comparisons, rounding, reductions, logits, spread     the entries
"""

from . import activations, comparisons, elementary, logits, reductions, rounding, special, spread

__all__ = ["activations", "comparisons", "elementary", "logits", "reductions", "rounding", "special", "spread"]
