-- One row per run of consecutive blocks deleted together, beside as many blocks deleted at random, and all in disorder.
-- first: Index of the first block of the run.
-- length: Blocks in the run.
-- changes_shape: Whether a block of the run changes the shape.
-- random_median: Median error over draws of as many blocks at random; NULL where that was not measured.
-- random_q25: Lower quartile over those draws.
-- random_q75: Upper quartile over those draws.
-- reversed_error: Error with all blocks there, back to front within each shape; NULL where that was not measured.
-- shuffled_error: Median error with all blocks there, in a random order within each shape; NULL likewise.
WITH
  disordered AS (
    SELECT study, network, seed,
      max(error) FILTER (experiment = 'reversal') AS reversed_error,
      median(error) FILTER (experiment = 'shuffle') AS shuffled_error
    FROM reorderings
    GROUP BY study, network, seed
  ),
  reshaping AS (
    SELECT study, network, seed, list(block) AS reshaping FROM blocks WHERE changes_shape GROUP BY study, network, seed
  )
SELECT
  run.study, run.network, run.seed, run.deleted[1] AS first, run."count" AS length,
  coalesce(list_has_any(run.deleted, reshaping), false) AS changes_shape,
  run.errors, run.images, run.error,
  wilson(run.errors, run.images, z).low AS low,
  wilson(run.errors, run.images, z).high AS high,
  intact.error AS intact_error,
  run.error - intact.error AS change,
  random.median AS random_median, random.q25 AS random_q25, random.q75 AS random_q75,
  reversed_error, shuffled_error
FROM lesions AS run
JOIN lesions AS intact USING (study, network, seed)
LEFT JOIN interval_levels AS levels ON run.study = levels.study
LEFT JOIN random_deletions AS random
  ON run.study = random.study AND run.network = random.network AND run.seed = random.seed
    AND run."count" = random."count"
LEFT JOIN disordered ON run.study = disordered.study AND run.network = disordered.network AND run.seed = disordered.seed
LEFT JOIN reshaping ON run.study = reshaping.study AND run.network = reshaping.network AND run.seed = reshaping.seed
WHERE run.experiment = 'run' AND NOT run.recalibrated AND intact.experiment = 'intact' AND NOT intact.recalibrated
ORDER BY run.study, run.network, run.seed, length, first;
