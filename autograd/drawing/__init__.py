"""Pictures: diagrams of graphs, and the player of a walk."""
