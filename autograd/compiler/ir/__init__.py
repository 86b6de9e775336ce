"""The program: a graph as a flat list, in arrays."""
