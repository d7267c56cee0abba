-- One row per network with the paper's blocks, or VGG, and number of blocks deleted at random; at 0 it is intact.
-- count: Blocks deleted together.
-- draws: Random choices of that many blocks.
-- minimum: Smallest error over the draws, a fraction.
-- q05: 5 % quantile of the error over the draws.
-- q25: Lower quartile of the error over the draws.
-- median: Median error over the draws, a fraction.
-- q75: Upper quartile of the error over the draws.
-- q95: 95 % quantile of the error over the draws.
-- maximum: Largest error over the draws, a fraction.
-- mean: Mean error over the draws, a fraction.
WITH
  draws AS (
    SELECT study, network, seed, "count", error FROM lesions
    SEMI JOIN (SELECT study, network, seed FROM networks WHERE coalesce(convolutions, 2) = 2) AS paper_blocks
      USING (study, network, seed)
    WHERE experiment = 'random' AND NOT recalibrated
  ),
  intact AS (
    SELECT study, network, seed, "count", error FROM lesions
    SEMI JOIN draws USING (study, network, seed)
    WHERE experiment = 'intact' AND NOT recalibrated
  ),
  measured AS (SELECT * FROM draws UNION ALL SELECT * FROM intact)
SELECT
  study, network, seed, measured."count", count(*) AS draws,
  min(measured.error) AS minimum,
  quantile_cont(measured.error, 0.05) AS q05,
  quantile_cont(measured.error, 0.25) AS q25,
  median(measured.error) AS median,
  quantile_cont(measured.error, 0.75) AS q75,
  quantile_cont(measured.error, 0.95) AS q95,
  max(measured.error) AS maximum,
  avg(measured.error) AS mean,
  any_value(intact.error) AS intact_error
FROM measured
JOIN intact USING (study, network, seed)
GROUP BY study, network, seed, measured."count"
ORDER BY study, network, seed, measured."count";
