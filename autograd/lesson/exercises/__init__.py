"""The exercises of the lessons: their truths, hints and solutions, a module for each notebook."""
