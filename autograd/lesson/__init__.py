"""What the lessons share: tables, exercises with hints, judges for passes written by hand, code to click through.

>>> from autograd.lesson import check, table
>>> check("tour-1", None)
No answer yet. Replace None in the cell above, run it, then run this cell again.
"""

from .claims import by_hand, plain_check
from .code_panel import CodePanel, clickable
from .data import Patients, patients
from .depth_figure import DepthFigure, depth_figure
from .exercises.asking import check, solution
from .pictures import Picture
from .tables import say, table
from .timing import milliseconds
from .watching import LossCurve, watched
from .xor import XOR, xor_loss, xor_start

__all__ = [
    "XOR",
    "CodePanel",
    "DepthFigure",
    "LossCurve",
    "Patients",
    "Picture",
    "by_hand",
    "check",
    "clickable",
    "depth_figure",
    "milliseconds",
    "patients",
    "plain_check",
    "say",
    "solution",
    "table",
    "watched",
    "xor_loss",
    "xor_start",
]
