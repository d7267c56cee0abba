"""What a row means: one class for each table of results.duckdb.

The two wings of resdag meet here.  The measuring wing writes rows of these
classes as Parquet; the reading wing makes from the same classes the DDL with
its constraints, the comments of tables and columns, and docs/tables.md.

Conventions: errors are fractions in [0, 1] and stand beside their counts;
block indices count from the input, from 0; so do draws, samples and batches;
epoch 0 is the initialisation; timestamps are UTC.  No column of a key is NULL.
"""

from resdag.records.base import Record
from resdag.records.lesions import Interaction, Lesion, LesionTest, PairAnswers, Reordering
from resdag.records.mean_field import MeanField, MeanFieldTheory
from resdag.records.networks import Block, Ensemble, Epoch, Evaluation, Gates, Network, Prediction
from resdag.records.paths import (
    PathFit,
    PathGradient,
    PathLength,
    PathNorm,
    PathSpectrum,
    PathsRemaining,
    SpectrumNorm,
    SpectrumWindow,
)
from resdag.records.runs import Claim, Comparison, Job, Study

TABLES: tuple[type[Record], ...] = (
    Study, Network, Evaluation, Block, Gates, Epoch, Lesion, Reordering, Ensemble, PathGradient, PathSpectrum,
    PathLength, PathsRemaining, MeanField, MeanFieldTheory, Prediction, PairAnswers, LesionTest, Interaction,
    PathNorm, PathFit, SpectrumNorm, SpectrumWindow, Comparison, Claim, Job,
)  # fmt: skip

BY_NAME: dict[str, type[Record]] = {record.table: record for record in TABLES}
