"""Random programs of vectors, many of them, against the eager engine: in a file of its own, as it takes long.

Of autograd.compiler.loops.recognition, autograd.compiler.backends.numpy_sums,
autograd.compiler.backends.llvm.batch_sums, autograd.compiler.backends.llvm.loop_nests and
autograd.compiler.backends.llvm.stretches.
"""

import pytest
from amount import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import check_vectors


@pytest.mark.slow
@settings(max_examples=tries(15), deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 10))
def test_many_programs_of_vectors_equal_eager(seed: int, depth: int) -> None:
    check_vectors(seed, depth)
