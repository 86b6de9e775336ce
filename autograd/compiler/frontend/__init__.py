"""A function -> its graph, and the guards that say when it must be traced anew."""
