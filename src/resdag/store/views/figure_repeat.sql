-- One row per block that was run several times in a row, and how often it ran; 0 times is its deletion, to compare.
-- times: How often the block runs, one after another; 0 where it is deleted.
-- kind: The same in words: deleted, run twice, run 3 times.
SELECT
  lesion.study, lesion.network, lesion.seed, block,
  CASE lesion.experiment WHEN 'single' THEN 0 ELSE 1 + len(lesion.repeated) END AS times,
  CASE times WHEN 0 THEN 'deleted' WHEN 2 THEN 'run twice' ELSE 'run ' || times || ' times' END AS kind,
  architecture, stage,
  lesion.errors, lesion.images, lesion.error,
  wilson(lesion.errors, lesion.images, z).low AS low,
  wilson(lesion.errors, lesion.images, z).high AS high,
  intact.error AS intact_error,
  lesion.error - intact.error AS change
FROM lesions AS lesion
JOIN lesions AS intact USING (study, network, seed)
JOIN networks USING (study, network, seed)
JOIN blocks USING (study, network, seed)
LEFT JOIN interval_levels AS levels ON lesion.study = levels.study
SEMI JOIN (SELECT DISTINCT study, network, seed, repeated[1] AS block FROM lesions WHERE experiment = 'repeat') AS again
  ON lesion.study = again.study AND lesion.network = again.network AND lesion.seed = again.seed
    AND blocks.block = again.block
WHERE lesion.experiment IN ('single', 'repeat') AND NOT lesion.recalibrated
  AND intact.experiment = 'intact' AND NOT intact.recalibrated
  AND blocks.block = coalesce(lesion.repeated[1], lesion.deleted[1])
ORDER BY lesion.study, lesion.network, lesion.seed, blocks.block, times;
