"""A folder of photographs that are named by their class, arranged as torchvision keeps ImageNet, by links.

    python -m examples.arrange_photographs FOLDER ROOT

A name holds the class as ImageNet calls it, `n01440764_tench.JPEG` or `000-n01440764.jpg`.  ROOT/train and ROOT/val
then hold the same images, so errors on the one say nothing that those on the other do not.
"""

import re
import sys
from pathlib import Path

CLASS = re.compile(r"n\d{8}")
SPLITS = ("train", "val")


def arrange(folder: Path, root: Path) -> int:
    """How many photographs were linked; ValueError where none is named by a class."""
    named = {path.resolve(): found[0] for path in sorted(folder.iterdir()) if (found := CLASS.search(path.name))}
    if not named:
        raise ValueError(f"{folder} has no file that is named by its class, as n01440764_tench.JPEG is")
    for split in SPLITS:
        for path, wnid in named.items():
            link = root / split / wnid / path.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(path)
    return len(named)


if __name__ == "__main__":
    print(f"{arrange(Path(sys.argv[1]), Path(sys.argv[2]))} photographs")
