"""scikit-learn's digits: 1,797 grey images of 8 x 8, which come with the package.

Their values are 0 to 16; they are stored as whole numbers 0 to 255, v * 255 / 16
rounded (halves to the even side), so that every dataset is bytes.  A fixed,
stratified fifth, 360 images, is the test set.
"""

import numpy as np

from resdag.datasets.available import DIGITS_SPLIT
from resdag.datasets.prepared import Contents


def read() -> Contents:
    """The digits as bytes, (1437, 1, 8, 8) for training and (360, 1, 8, 8) for testing, in a fixed random order."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    pixels = np.rint(digits.images * 255 / 16).astype(np.uint8)[:, None]
    train, test = train_test_split(np.arange(len(pixels)), stratify=digits.target, **DIGITS_SPLIT)
    labels = digits.target.astype(np.int64)
    return Contents(
        [str(name) for name in digits.target_names], pixels[train], labels[train], pixels[test], labels[test]
    )
