"""Machine code through llvmlite."""
