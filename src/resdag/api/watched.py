"""How far is a measurement that someone waits for?  A bar on a terminal, and wherever else it is asked for."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm


@contextmanager
def watched(what: str, total: float | None, unit: str, progress: bool | None) -> Iterator[Callable[[float], None]]:
    """Is told of what is done, as it is; `progress`: None draws a bar on a terminal, True always, False never."""
    disable = None if progress is None else not progress
    with tqdm(total=total, desc=what, unit=unit, unit_scale=True, file=sys.stderr, disable=disable) as bar:

        def told(done: float) -> None:
            bar.update(done)

        yield told
