"""Training that one can watch: a page in which the network trains itself, in JavaScript written from its graph."""
