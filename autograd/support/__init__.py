"""What has nothing to do with derivatives: nested lists, files, streams."""
