"""`nn.live`: training as a page, saved, in a notebook or in a frame."""

import os
from html import escape
from pathlib import Path

from ..module import Module
from ..optim.optimizer import Optimizer
from ..training.evaluation import Loss


class LivePage:
    """A page in which a network trains: `save` writes it; a notebook shows it."""

    text: str
    summary: str

    def __init__(self, text: str, summary: str) -> None:
        self.text, self.summary = text, summary

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to `path`, which ends in .html; whole or not at all. Returns the path.

        >>> import os, tempfile, nn
        >>> model = nn.MLP(1, [1])
        >>> sgd = nn.SGD(model.parameters(), lr=0.1)
        >>> page = nn.live(model, [[0.0], [1.0]], [1.0, 3.0], loss=nn.mse, optimizer=sgd)
        >>> page.save(os.path.join(tempfile.mkdtemp(), "line.html")).name
        'line.html'
        """
        if Path(path).suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"cannot save a page as {os.fspath(path)!r}: its name must end in .html")
        from autograd.support.files import write_whole

        return write_whole(path, self.text.encode())

    def _repr_html_(self) -> str:
        content = escape(self.text, quote=True)
        return f'<iframe srcdoc="{content}" style="width:100%;height:860px;border:0" allow="fullscreen"></iframe>'

    def _mime_(self) -> tuple[str, str]:
        """For marimo."""
        return "text/html", self._repr_html_()

    def __repr__(self) -> str:
        return f"<Live page: {self.summary}; page.save('x.html') writes it to a file>"


def live(model: Module, X: object, y: object, *, loss: Loss, optimizer: Optimizer) -> LivePage:
    """A page in which `model` trains on the rows X and their targets y, all rows a step, with the numbers of `fit`.

    It shows the decision boundary (or the outputs, where there are not two inputs), the loss, and the network with its
    weights, activations and gradients. One plays, steps, goes back and forth in time, changes the learning rate, the
    optimizer, the activations of an MLP and the points, drops a table of one's own on it, and walks through the chain
    rule at any moment. It needs no network and no server. The model itself is not trained and not changed.

    Raises TypeError or ValueError for rows that do not fit, ValueError where the optimizer has other parameters than
    the model, TracingError (a TypeError) for a model, a loss or an optimizer that cannot be compiled; needs NumPy.

    >>> import nn
    >>> model = nn.MLP(2, [4, 1])
    >>> adam = nn.Adam(model.parameters(), lr=0.05)
    >>> live(model, [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], loss=nn.bce_with_logits, optimizer=adam)
    <Live page: 4 rows, 17 parameters; page.save('x.html') writes it to a file>
    """
    try:
        from .making import page  # here: `import nn` stays quick

        return LivePage(*page(model, X, y, loss, optimizer))
    except ModuleNotFoundError as error:
        if error.name != "numpy":
            raise
        raise ImportError("nn.live needs NumPy: pip install numpy", name="numpy") from error
