"""What runs the loop nests, or writes them down."""
