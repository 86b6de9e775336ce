"""The loop of steps in machine code."""
