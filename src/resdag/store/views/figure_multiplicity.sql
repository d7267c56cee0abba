-- One row per network compared by multiplicity, panel, and place on the panel's horizontal axis; seeds together.
-- panel: error; consecutive or random (layers deleted in a row, or anywhere); spectrum; window (of the spectrum).
-- x: log2 of paths (error), layers deleted (consecutive, random), path length in layers (spectrum), its mean (window).
-- share: Share of the blocks' layers that is deleted (consecutive, random); NULL elsewhere.
-- mean: Mean error (error, random), change of it (consecutive), share of the gradient per layer (spectrum), x (window).
-- median: Median over places or draws, and seeds, of error (random) or its change (consecutive); NULL elsewhere.
-- low: Lower end of the interval (error), of mean - 2 sd (window), lower quartile (consecutive, random), or NULL.
-- high: Upper end of the interval (error), of mean + 2 sd (window), upper quartile (consecutive, random), or NULL.
-- size: Numbers behind the row: seeds (error, spectrum, window), places or draws of every seed (consecutive, random).
WITH
  compared AS (SELECT * FROM comparisons WHERE comparison = 'multiplicity'),
  deletions AS (
    SELECT
      lesion.study, lesion.network, lesion.experiment, lesion."count" * compared.convolutions AS layers,
      lesion."count" / compared.blocks AS share, lesion.error, lesion.error - intact.error AS change
    FROM lesions AS lesion
    JOIN compared ON lesion.study = compared.study AND lesion.network = compared.network
    JOIN lesions AS intact
      ON lesion.study = intact.study AND lesion.network = intact.network AND lesion.seed = intact.seed
    WHERE NOT lesion.recalibrated AND intact.experiment = 'intact' AND NOT intact.recalibrated
  ),
  consecutive_layers AS (
    SELECT study, network, 'consecutive' AS panel, layers AS x, share, change AS value
    FROM deletions WHERE experiment IN ('single', 'run')
  ),
  random_layers AS (
    SELECT study, network, 'random' AS panel, layers AS x, share, error AS value
    FROM deletions WHERE experiment IN ('intact', 'random')
    QUALIFY bool_or(experiment = 'random') OVER (PARTITION BY study, network)
  ),
  deleted AS (
    SELECT
      study, network, panel, x::DOUBLE AS x, share, avg(value) AS mean, median(value) AS median,
      quantile_cont(value, 0.25) AS low, quantile_cont(value, 0.75) AS high, count(*) AS size
    FROM (FROM consecutive_layers UNION ALL FROM random_layers)
    GROUP BY study, network, panel, x, share
  ),
  lengths AS (
    SELECT study, network, path_length, summed_contribution, epoch
    FROM spectrum_norms WHERE measured_at = 'input'
    QUALIFY epoch = max(epoch) OVER (PARTITION BY study, network, seed)
  ),
  windows AS (
    SELECT study, network, summed_mean_length, summed_low, summed_high, epoch
    FROM spectrum_windows WHERE measured_at = 'input'
    QUALIFY epoch = max(epoch) OVER (PARTITION BY study, network, seed)
  ),
  panels AS (
    SELECT
      study, network, 'error' AS panel, log2_paths AS x, NULL AS share, test_error AS mean, NULL AS median,
      test_error_low AS low, test_error_high AS high, seeds AS size
    FROM compared
    UNION ALL FROM deleted
    UNION ALL
    SELECT
      study, network, 'spectrum', path_length * convolutions, NULL,
      avg(summed_contribution) / any_value(convolutions), NULL, NULL, NULL, count(*)
    FROM lengths JOIN compared USING (study, network)
    GROUP BY study, network, path_length, convolutions
    UNION ALL
    SELECT
      study, network, 'window', avg(summed_mean_length * convolutions), NULL,
      avg(summed_mean_length * convolutions), NULL,
      avg(greatest(summed_low, 0) * convolutions), avg(summed_high * convolutions), count(*)
    FROM windows JOIN compared USING (study, network)
    GROUP BY study, network
  )
SELECT study, network, panel, x, blocks, convolutions, log2_paths, share, mean, median, low, high, size
FROM panels JOIN compared USING (study, network)
ORDER BY study, network, panel, x;
