"""Derivatives in other forms than nested lists: sparse matrices."""
