"""Fit the polynomials of erf and erfc in the compiled code: python tools/fit_error_functions.py [--check].

Each function is interpolated in 60 digits at the Chebyshev points of its interval, as many as it has coefficients, and
the coefficients are rounded to doubles. Prints them, or with --check compares them with those that are in use.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mpmath import mp

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from autograd.notation.source.error_series import ERF_NEAR, SHARE

mp.dps = 60


def interpolated(function: Callable[[Any], Any], low: Any, high: Any, count: int) -> list[float]:
    """The coefficients, lowest first, of the polynomial through the function at the Chebyshev points."""
    middle, half = (low + high) / 2, (high - low) / 2
    points = [middle + half * mp.cos(mp.pi * (2 * k + 1) / (2 * count)) for k in range(count)]
    powers = mp.matrix([[x**k for k in range(count)] for x in points])
    return [float(c) for c in mp.lu_solve(powers, mp.matrix([function(x) for x in points]))]


def near(square: Any) -> Any:
    """erf(x)/x − 1, in x²."""
    x = mp.sqrt(square)
    return mp.erf(x) / x - 1


def share(u: Any) -> Any:
    """(1 + 1.5x)·exp(x²)·erfc(x) − 0.96875, in u = (x − 3.5)/(x + 3.5)."""
    x = mp.mpf("3.5") * (1 + u) / (1 - u)
    return (1 + mp.mpf("1.5") * x) * mp.exp(x * x) * mp.erfc(x) - mp.mpf("0.96875")


def place(x: Any) -> Any:
    """Where x lies, between −1 and 1."""
    return (x - mp.mpf("3.5")) / (x + mp.mpf("3.5"))


def fitted() -> dict[str, list[float]]:
    """Both polynomials."""
    ends = place(mp.mpf("0.476")), place(mp.mpf(28))
    return {
        "ERF_NEAR": interpolated(near, mp.mpf(0), mp.mpf("0.478") ** 2, len(ERF_NEAR)),
        "SHARE": interpolated(share, *ends, len(SHARE)),
    }


def main() -> None:
    """Print the coefficients, or compare them."""
    found = fitted()
    if "--check" in sys.argv[1:]:
        used = {"ERF_NEAR": ERF_NEAR, "SHARE": SHARE}
        wrong = [name for name in found if found[name] != used[name]]
        sys.exit(f"other coefficients are in use: {', '.join(wrong)}" if wrong else 0)
    for name, numbers in found.items():
        print(f"{name} = {numbers}")


if __name__ == "__main__":
    main()
