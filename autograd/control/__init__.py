"""Branches and loops as functions: run by the engine as Python runs them, and traced for all numbers."""
