"""Elementary functions on vectors, written with the operations of a processor."""
