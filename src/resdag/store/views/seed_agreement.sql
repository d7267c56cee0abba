-- One row per network and pair of its seeds: do the same single deletions hurt both?
-- first_seed: The smaller seed of the pair.
-- second_seed: The larger seed of the pair.
-- blocks: Blocks deleted one at a time in both networks.
-- spearman: Rank correlation of the damage over these blocks, ties at their mean rank; NULL where all damage is equal.
WITH ranked AS (
  SELECT
    study, network, seed, block,
    rank() OVER (PARTITION BY study, network, seed ORDER BY broken - repaired)
      + (count(*) OVER (PARTITION BY study, network, seed, broken - repaired) - 1) / 2 AS place
  FROM lesion_blocks
  WHERE experiment = 'single' AND NOT recalibrated
)
SELECT
  study, network, one.seed AS first_seed, other.seed AS second_seed,
  count(*) AS blocks,
  -- In the order of blocks: in that in which threads deliver rows, the last bit would hang on it.
  covar_pop(one.place, other.place ORDER BY block)
    / nullif(sqrt(var_pop(one.place ORDER BY block) * var_pop(other.place ORDER BY block)), 0) AS spearman
FROM ranked AS one
JOIN ranked AS other USING (study, network, block)
WHERE one.seed < other.seed
GROUP BY study, network, first_seed, second_seed
ORDER BY study, network, first_seed, second_seed;
