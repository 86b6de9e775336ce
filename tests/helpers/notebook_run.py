"""Run one notebook from top to bottom: python tests/notebook_run.py NOTEBOOK [RESULT [CODE]]

In a process of its own, with a kernel of this very Python. Without RESULT the notebook itself gets the new outputs:
do that when something that it shows has changed, and look at it. With RESULT each exercise is tried besides: every
answer that its prediction cell lists as wrong, and its solution; then the prediction is put back. What was printed
stands in the check cell's metadata: `{"wrong": [...], "right": ...}`. CODE is run at the end, in a cell that is added.
"""

import re
import sys
from pathlib import Path

import nbformat
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from autograd.lesson.exercises.asking import exercise_of


def tags(cell):
    return cell.metadata.get("tags", [])


def solution(check):
    """The code that solves the exercise of a check cell."""
    found = re.match(r'check\("([\w-]+)"', check.source)
    assert found, f"no exercise is checked in: {check.source[:60]}"
    return exercise_of(found[1]).solution


class Run:
    def __init__(self, notebook, folder, tries=True):
        manager = AsyncKernelManager()
        manager._kernel_spec = KernelSpec(**get_kernel_dict())  # not whatever "python3" is registered here
        self.notebook, self.tries = notebook, tries
        resources = {"metadata": {"path": str(folder)}}
        options = {"timeout": 300, "allow_errors": True, "record_timing": False, "coalesce_streams": True}
        self.client = NotebookClient(notebook, km=manager, resources=resources, **options)

    def whole(self, code):
        with self.client.setup_kernel():
            for index, cell in enumerate(self.notebook.cells):
                if cell.cell_type == "code":
                    self.client.execute_cell(cell, index)
                if self.tries and "check" in tags(cell):
                    cell.metadata["tried"] = self.exercise(index)
            if code:
                self.notebook.cells.append(nbformat.v4.new_code_cell(code))
                self.client.execute_cell(self.notebook.cells[-1], len(self.notebook.cells) - 1)

    def exercise(self, index):
        """Other answers in place of the one in the cell before, and what the check says of them."""
        predict, check = self.notebook.cells[index - 1 : index + 1]
        assert "predict" in tags(predict), f"no prediction before: {check.source[:60]}"
        wrong = [self.say(answer, check.source, index) for answer in predict.metadata["wrong"]]
        right = self.say(solution(check), check.source, index)
        self.say(predict.source, "", index)
        return {"wrong": wrong, "right": right}

    def say(self, answer, check, index):
        """What is printed, and the names of errors, of which there should be none."""
        cells = [nbformat.v4.new_code_cell(code) for code in (answer, check)]
        own = self.notebook.cells[index]
        for cell in cells:
            self.client.execute_cell(cell, index, store_history=False)
        self.notebook.cells[index] = own  # execute_cell has put the other one there
        outputs = [output for cell in cells for output in cell.outputs]
        return "".join(output.get("text", "") + output.get("ename", "") for output in outputs)


def main(source, result="", code=""):
    notebook = nbformat.read(source, as_version=4)
    metadata = notebook.metadata.copy()
    Run(notebook, Path(source).parent, tries=bool(result)).whole(code)
    notebook.metadata = metadata  # without the version of this Python
    nbformat.write(notebook, result or source)


if __name__ == "__main__":
    main(*sys.argv[1:])
