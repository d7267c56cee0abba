-- One row per random deletion of a network with the paper's blocks, or VGG; with 0 blocks deleted it is intact.
-- count: Blocks deleted together.
-- draw: Which random choice of that many blocks; NULL for the intact network.
-- draws: How many random choices of that many blocks there are for this network and seed.
-- severe_block: Of the deleted blocks the one whose deletion alone costs most, where that is 5 points or more, or NULL.
-- severe_change: What the deletion of that block alone costs, a fraction.
-- median: Median error over the draws of that many blocks, a fraction; so for the quantiles.
WITH
  intact AS (
    SELECT study, network, seed, error AS intact_error FROM lesions WHERE experiment = 'intact' AND NOT recalibrated
  ),
  severe AS (
    SELECT study, network, seed, deleted[1] AS block, error - intact_error AS change
    FROM lesions JOIN intact USING (study, network, seed)
    WHERE experiment = 'single' AND NOT recalibrated AND error - intact_error >= 0.05
  ),
  drawn AS (
    SELECT study, network, seed, lesion, "count", draw, error FROM lesions
    WHERE experiment IN ('random', 'intact') AND NOT recalibrated
  ),
  hit AS (
    SELECT study, network, seed, lesion, max_by(block, change) AS severe_block, max(change) AS severe_change
    FROM (SELECT study, network, seed, lesion, unnest(deleted) AS block FROM lesions WHERE experiment = 'random')
    JOIN severe USING (study, network, seed, block)
    GROUP BY study, network, seed, lesion
  )
SELECT
  study, network, seed, "count", draw, error, intact_error, severe_block, severe_change,
  draws, q05, q25, median, q75, q95
FROM drawn
JOIN random_deletions USING (study, network, seed, "count")
LEFT JOIN hit USING (study, network, seed, lesion)
ORDER BY study, network, seed, "count", draw;
