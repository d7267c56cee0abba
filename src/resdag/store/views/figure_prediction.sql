-- One row per network, number of randomly deleted blocks and way to weigh paths: the error that equation 8 predicts.
-- count: Blocks deleted together; 0 is the intact network.
-- weights: What a path counts: its energy, the paper's mean norm, or as much as any other.
-- draws: Random choices of that many blocks.
-- q05: 5 % quantile of the error over the draws.
-- q95: 95 % quantile of the error over the draws.
-- mean: Mean error over the draws, a fraction.
-- chance: Error of guessing, 1 - 1 / classes, a fraction.
-- share: Share of the weight of all paths that those left have, the mean over path lengths of eq. 8.
-- predicted: intact_error + (chance - intact_error) * (1 - share): no parameter is fitted.
WITH
  energy AS (
    SELECT study, network, seed, path_length, 'energy' AS weights, avg(energy) AS weight
    FROM path_spectrum WHERE measured_at = 'input' AND epoch > 0
    GROUP BY study, network, seed, path_length, epoch
    QUALIFY epoch = max(epoch) OVER (PARTITION BY study, network, seed)
  ),
  norms AS (
    SELECT study, network, seed, path_length, 'norm' AS weights, contribution AS weight
    FROM path_norms WHERE measured_at = 'input' AND epoch > 0
    QUALIFY epoch = max(epoch) OVER (PARTITION BY study, network, seed)
  ),
  measured AS (FROM energy UNION ALL FROM norms),
  alike AS (
    SELECT study, network, seed, path_length, 'alike' AS weights, fraction AS weight
    FROM path_lengths SEMI JOIN measured USING (study, network, seed)
  ),
  shares AS (
    SELECT study, network, seed, weights, deleted, sum(weight * fraction) / nullif(sum(weight), 0) AS share
    FROM (FROM measured UNION ALL FROM alike)
    JOIN paths_remaining USING (study, network, seed, path_length)
    GROUP BY study, network, seed, weights, deleted
  )
SELECT
  study, network, seed, "count", weights, draws, q05, q95, mean, intact_error,
  1 - 1 / classes AS chance,
  share,
  intact_error + (1 - 1 / classes - intact_error) * (1 - share) AS predicted
FROM random_deletions
JOIN networks USING (study, network, seed)
JOIN shares USING (study, network, seed)
WHERE deleted = "count" AND share IS NOT NULL  -- none of a network whose training diverged
ORDER BY study, network, seed, "count", weights;
