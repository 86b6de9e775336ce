"""Programs as source text: C and JavaScript, of one writer that a language's own words are handed to."""
