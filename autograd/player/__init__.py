"""The interactive page of a walk."""
