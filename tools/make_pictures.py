"""Make the README's recording and its page: python tools/make_pictures.py. Needs Chromium, and the extra `test`.

The recording is of the page itself: a network of ten units learns two spirals in the browser, frame by frame.
"""

import io
import math
import random
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import ViewportSize, sync_playwright

import nn

FOLDER = Path(__file__).parents[1] / "notebooks" / "pictures"
FRAMES, STEPS, PAUSE = 70, 5, 90  # pictures, steps of training between two of them, milliseconds
SIZE: ViewportSize = {"width": 1100, "height": 690}
MOST = 2_000_000  # bytes


def spirals(count: int = 90) -> tuple[list[list[float]], list[float]]:
    """Two arms that wind around each other, and which of them a point belongs to."""
    draw = random.Random(0)
    X, y = [], []
    for k in range(count):
        arm, turn = k % 2, 0.35 + 4.0 * k / count
        radius = turn / 4.5 + draw.gauss(0.0, 0.02)
        X.append([radius * math.cos(turn + math.pi * arm), radius * math.sin(turn + math.pi * arm)])
        y.append(float(arm))
    return X, y


def page() -> nn.LivePage:
    """The training of a small network on the spirals."""
    model = nn.MLP(2, [6, 6, 1], activation="tanh", rng=random.Random(5))
    X, y = spirals()
    return nn.live(model, X, y, loss=nn.bce_with_logits, optimizer=nn.Adam(model.parameters(), lr=0.05))


def recorded(path: Path) -> list[Image.Image]:
    """What the page looks like every few steps."""
    frames = []
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page(viewport=SIZE)
        tab.goto(path.as_uri())
        for _ in range(FRAMES):
            frames.append(Image.open(io.BytesIO(tab.screenshot())).convert("RGB"))
            tab.evaluate(f"document.querySelector('.lv').chainrule.advance({STEPS})")
        browser.close()
    return frames


def main() -> None:
    """The page, and its recording as an animated image."""
    path = page().save(FOLDER / "training.html")
    first, *others = recorded(path)
    target = FOLDER / "training.webp"
    lengths = [PAUSE] * len(others) + [2500]  # milliseconds; the last one stays
    first.save(target, save_all=True, append_images=others, duration=lengths, loop=0, quality=70, method=4)
    size = target.stat().st_size
    assert size < MOST, f"{target.name} has {size:,} bytes, more than {MOST:,}"
    print(f"{path.name}: {path.stat().st_size:,} bytes; {target.name}: {size:,} bytes")


if __name__ == "__main__":
    main()
