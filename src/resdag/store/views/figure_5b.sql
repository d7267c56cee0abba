-- One row per reordering of a network's blocks.
-- experiment: How the order was made: identity, swaps, shuffle, reversal.
-- tau_bin: Centre of the bin of Kendall's tau, bins of width .02 around its multiples.
-- bin_median: Median error of the network's reorderings in the bin.
-- bin_q25: Lower quartile of the error in the bin.
-- bin_q75: Upper quartile of the error in the bin.
-- bin_size: Reorderings in the bin.
WITH
  binned AS (
    SELECT study, network, seed, reordering, experiment, swaps, kendall_tau, error,
      round(kendall_tau * 50) / 50 AS tau_bin
    FROM reorderings
  ),
  intact AS (
    SELECT study, network, seed, error AS intact_error FROM lesions
    WHERE experiment = 'intact' AND NOT recalibrated
  )
SELECT
  study, network, seed, reordering, experiment, swaps, kendall_tau, error, intact_error, tau_bin,
  median(error) OVER bin AS bin_median,
  quantile_cont(error, 0.25) OVER bin AS bin_q25,
  quantile_cont(error, 0.75) OVER bin AS bin_q75,
  count(*) OVER bin AS bin_size
FROM binned
LEFT JOIN intact USING (study, network, seed)
WINDOW bin AS (PARTITION BY study, network, seed, tau_bin)
ORDER BY study, network, seed, reordering;
