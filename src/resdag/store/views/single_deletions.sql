-- One row per single deletion of a network, its batch norm as it was trained.
-- dataset: Kind of the study's dataset.
-- blocks_per_batch: Blocks drawn for each batch in training; NULL where all were computed.
-- stochastic_depth: Survival probability of the last block in training; NULL without stochastic depth.
SELECT
  lesion.study, lesion.network, lesion.seed,
  architecture, depth, networks.blocks, convolutions, stochastic_depth, blocks_per_batch, config ->> '$.dataset.kind' AS dataset,
  block, stage, changes_shape,
  lesion.errors, lesion.images, lesion.error,
  wilson(lesion.errors, lesion.images, z).low AS low,
  wilson(lesion.errors, lesion.images, z).high AS high,
  intact.error AS intact_error,
  lesion.error - intact.error AS change,
  p_holm
FROM lesions AS lesion
JOIN lesions AS intact USING (study, network, seed)
JOIN networks USING (study, network, seed)
JOIN blocks USING (study, network, seed)
LEFT JOIN studies ON lesion.study = studies.study
LEFT JOIN interval_levels AS levels ON lesion.study = levels.study
LEFT JOIN lesion_tests AS tests
  ON lesion.study = tests.study AND lesion.network = tests.network
    AND lesion.seed = tests.seed AND lesion.lesion = tests.lesion
WHERE lesion.experiment = 'single' AND NOT lesion.recalibrated
  AND intact.experiment = 'intact' AND NOT intact.recalibrated
  AND block = lesion.deleted[1]
ORDER BY lesion.study, lesion.network, lesion.seed, block;
