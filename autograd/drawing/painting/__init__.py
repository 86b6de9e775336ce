"""Pictures without Graphviz: a layered layout, painted as SVG."""
