-- One row per block and what was deleted of it, for networks with deleted skips or with batch norm re-estimated.
-- kind: What was deleted: branch, skip, or branch with batch norm re-estimated afterwards.
-- intact_error: Error of the same network without the lesion, its batch norm re-estimated where the lesioned one's is.
SELECT
  lesion.study, lesion.network, lesion.seed, block,
  CASE
    WHEN lesion.experiment = 'skip' THEN 'skip'
    WHEN lesion.recalibrated THEN 'branch, batch norm re-estimated'
    ELSE 'branch'
  END AS kind,
  architecture, stage, changes_shape,
  lesion.errors, lesion.images, lesion.error,
  wilson(lesion.errors, lesion.images, z).low AS low,
  wilson(lesion.errors, lesion.images, z).high AS high,
  intact.error AS intact_error,
  lesion.error - intact.error AS change
FROM lesions AS lesion
JOIN lesions AS intact USING (study, network, seed, recalibrated)
JOIN networks USING (study, network, seed)
JOIN blocks USING (study, network, seed)
LEFT JOIN interval_levels AS levels ON lesion.study = levels.study
SEMI JOIN (
  SELECT study, network, seed FROM lesions WHERE experiment = 'skip' OR experiment = 'single' AND recalibrated
) AS controlled
  ON lesion.study = controlled.study AND lesion.network = controlled.network AND lesion.seed = controlled.seed
WHERE lesion.experiment IN ('single', 'skip') AND intact.experiment = 'intact'
  AND block = lesion.deleted[1]
ORDER BY lesion.study, lesion.network, lesion.seed, block, kind;
