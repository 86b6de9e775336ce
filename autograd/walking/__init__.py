"""The walk: a forward and backward pass as steps, recorded, told, saved and driven."""
