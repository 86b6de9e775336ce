"""The steps of a walk: what they are (base, kinds, layers), how they are recorded, named, written, and driven."""
