-- One row per single deletion of a residual network, in studies with at least two depths of its architecture.
-- position: Where along the network the block stands: 0 is the first, 1 the last.
WITH
  eligible AS (
    FROM single_deletions
    WHERE stochastic_depth IS NULL AND blocks_per_batch IS NULL AND coalesce(convolutions, 2) = 2
      AND architecture NOT IN ('vgg', 'plain', 'highway')
  ),
  families AS (
    SELECT study, architecture FROM eligible GROUP BY study, architecture HAVING count(DISTINCT blocks) >= 2
  )
SELECT
  study, network, seed, architecture, depth, blocks, block, block / (blocks - 1) AS position, stage, changes_shape,
  error, low, high, intact_error, change
FROM eligible
SEMI JOIN families USING (study, architecture)
ORDER BY study, network, seed, block;
