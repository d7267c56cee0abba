-- One row per block whose influence and deletion were both measured; blocks that change the form have no influence.
-- rank_influence: Place by influence among these blocks of the network and seed, 1 the largest; ties share their mean.
-- rank_change: Place by what the deletion costs, likewise.
-- ranked: Blocks that are ranked.
-- spearman: Rank correlation of influence and change over these blocks.
-- spearman_low: Lower end of its interval at the study's confidence, after Bonett and Wright (2000); NULL below 4 blocks.
-- spearman_high: Upper end of that interval.
WITH
  beside AS (
    SELECT
      deletions.study, deletions.network, deletions.seed, architecture, block, stage, changes_shape,
      influence, error, intact_error, change, z
    FROM influence
    JOIN single_deletions AS deletions USING (study, network, seed, block)
    LEFT JOIN interval_levels AS levels ON deletions.study = levels.study
    WHERE influence IS NOT NULL AND change IS NOT NULL
  ),
  places AS (
    SELECT *,
      rank() OVER (PARTITION BY study, network, seed ORDER BY influence DESC)
        + (count(*) OVER (PARTITION BY study, network, seed, influence) - 1) / 2 AS rank_influence,
      rank() OVER (PARTITION BY study, network, seed ORDER BY change DESC)
        + (count(*) OVER (PARTITION BY study, network, seed, change) - 1) / 2 AS rank_change
    FROM beside
  ),
  correlated AS (
    -- In the order of blocks: in that in which threads deliver rows, the last bit would hang on it.
    SELECT study, network, seed, count(*) AS ranked,
      CASE WHEN count(DISTINCT influence) > 1 AND count(DISTINCT change) > 1
        THEN greatest(-1, least(1, corr(rank_influence, rank_change ORDER BY block))) END AS spearman
    FROM places
    GROUP BY study, network, seed
  )
SELECT
  study, network, seed, architecture, block, stage, changes_shape,
  influence, error, intact_error, change, rank_influence, rank_change, ranked, spearman,
  CASE WHEN ranked > 3 AND abs(spearman) < 1
    THEN tanh(atanh(spearman) - z * sqrt((1 + spearman * spearman / 2) / (ranked - 3))) END AS spearman_low,
  CASE WHEN ranked > 3 AND abs(spearman) < 1
    THEN tanh(atanh(spearman) + z * sqrt((1 + spearman * spearman / 2) / (ranked - 3))) END AS spearman_high
FROM places
JOIN correlated USING (study, network, seed)
ORDER BY study, network, seed, block;
