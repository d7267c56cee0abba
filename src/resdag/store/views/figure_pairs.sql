-- One row per pair of blocks deleted together, and what each of them does alone.
-- first: Index of the earlier block of the pair.
-- second: Index of the later block of the pair.
-- change_first: Change of error when the earlier block alone is deleted, a fraction.
-- change_second: Change of error when the later block alone is deleted, a fraction.
-- interaction: change - change_first - change_second, a fraction: above 0 the two together hurt more than their sum.
WITH
  alone AS (
    SELECT study, network, seed, deleted[1] AS block, errors FROM lesions
    WHERE experiment = 'single' AND NOT recalibrated
  )
SELECT
  pair.study, pair.network, pair.seed, pair.deleted[1] AS first, pair.deleted[2] AS second,
  pair.errors, pair.images, pair.error,
  intact.error AS intact_error,
  (pair.errors - intact.errors) / pair.images AS change,
  (one.errors - intact.errors) / pair.images AS change_first,
  (other.errors - intact.errors) / pair.images AS change_second,
  (pair.errors - one.errors - other.errors + intact.errors) / pair.images AS interaction
FROM lesions AS pair
JOIN lesions AS intact USING (study, network, seed)
JOIN alone AS one
  ON pair.study = one.study AND pair.network = one.network AND pair.seed = one.seed AND pair.deleted[1] = one.block
JOIN alone AS other
  ON pair.study = other.study AND pair.network = other.network AND pair.seed = other.seed
    AND pair.deleted[2] = other.block
WHERE pair.experiment = 'pair' AND NOT pair.recalibrated AND intact.experiment = 'intact' AND NOT intact.recalibrated
ORDER BY pair.study, pair.network, pair.seed, first, second;
