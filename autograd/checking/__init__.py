"""gradcheck: the engine's derivatives against differences, and a verdict on each."""
