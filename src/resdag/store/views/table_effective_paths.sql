-- One row per measurement of an intact network trained on effective paths, or of its like trained on all blocks.
SELECT
  study, network, seed, blocks_per_batch, blocks, evaluations.test_scale, recalibrated,
  errors, images, error,
  wilson(errors, images, z).low AS low,
  wilson(errors, images, z).high AS high
FROM evaluations
JOIN networks USING (study, network, seed)
LEFT JOIN interval_levels USING (study)
SEMI JOIN (SELECT study, architecture, depth, blocks FROM networks WHERE blocks_per_batch IS NOT NULL) AS effective
  USING (study, architecture, depth, blocks)
WHERE stochastic_depth IS NULL
ORDER BY study, network, seed, evaluations.test_scale, recalibrated;
