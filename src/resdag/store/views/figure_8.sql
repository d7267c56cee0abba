-- One row per single deletion of a network trained with stochastic depth, or of its like trained without.
-- trained: stochastic depth, or all blocks always.
SELECT
  study, network, seed,
  CASE WHEN stochastic_depth IS NULL THEN 'all blocks always' ELSE 'stochastic depth' END AS trained,
  block, stage, changes_shape, error, low, high, intact_error, change
FROM single_deletions
SEMI JOIN (SELECT study, architecture, depth, blocks FROM networks WHERE stochastic_depth IS NOT NULL) AS dropping
  USING (study, architecture, depth, blocks)
WHERE blocks_per_batch IS NULL
ORDER BY study, network, seed, block;
