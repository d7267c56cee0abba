"""What does the paper say, in numbers?  Veit, Wilber and Belongie (2016), and the papers that it stands on.

Each stands here once, for claims, remarks and figures.  Errors and shares are fractions, lengths are in blocks.
"""

BLOCKS = 54
"""Residual blocks of its ResNet-110."""
TEST_ERROR = 0.0610
"""Of that network on CIFAR-10 (section 5)."""
EPOCHS = 164
"""Of its training, 64,000 batches (He et al. 2016, appendix)."""
BLOCKS_PER_BATCH = 23
"""Blocks of each batch when it trains on effective paths alone (section 5)."""
EFFECTIVE_TRAINING_ERROR = 0.0596
"""Test error of that training (section 5)."""
CHANCE = 0.9
"""Error of guessing one of ten classes, to which a layer less takes its VGG (section 4.1, figure 3)."""
RANDOM_COUNT, RANDOM_ERROR = 10, 0.2
"""Blocks deleted at random and the error that figure 5a shows then, read off."""
MOST_LENGTHS, MOST_SHARE = (19, 35), 0.95
"""Lengths that most paths have, and the share of all paths that it puts in them (section 3, figure 6a)."""
EFFECTIVE_LENGTHS, EFFECTIVE_SHARE = (5, 17), 0.0045
"""Lengths of the paths that carry the gradient, and their share of all paths (section 5)."""
FACTOR = 0.256
"""Factor of a path's gradient for each further block that gives these lengths: not printed there, but derived."""
REMAINING = {1: 0.981, 5: 0.907, 11: 0.796, 17: 0.685, 27: 0.500}
"""Share of the paths left by length after one deletion, from its equation 8."""
HALVED_ERROR, IDENTITY_ERROR = 0.1235, 0.0661
"""ResNet-110 on CIFAR-10, gates frozen at a half against identity skips: He et al. 2016, Identity Mappings, table 1."""
LAST_SURVIVAL = 0.5
"""Survival of the last block under stochastic depth with linear decay: Huang et al. 2016, section 4."""
