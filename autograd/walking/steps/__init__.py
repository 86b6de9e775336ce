"""The kinds of steps, and how they are put into words."""
