"""From program to loop nests."""
