"""Operations as source text: what C and JavaScript have in common, and the words of JavaScript."""
