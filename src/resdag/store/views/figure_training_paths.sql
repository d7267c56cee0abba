-- One row per network measured at several epochs, epoch, place of measurement, and way of weighting path lengths.
-- weighting: number x mean norm (as figure 6c), norm of the sum, or energy; the last two are over all paths.
-- mean_length: Mean path length, in blocks, so weighted.
-- mean_length_low: Lower end of its interval, by resampling batches; NULL with fewer than two batches.
-- mean_length_high: Upper end of its interval, by resampling batches; NULL with fewer than two batches.
-- window_low: mean_length - 2 standard deviations, in blocks.
-- window_high: mean_length + 2 standard deviations, in blocks.
-- r: Factor by which one more block multiplies the norm of a path; NULL for the norm of the sum.
-- r_low: Lower end of the interval for r; NULL with fewer than two batches.
-- r_high: Upper end of the interval for r; NULL with fewer than two batches.
WITH
  weighted AS (
    SELECT study, network, seed, epoch, measured_at, 'number x mean norm' AS weighting,
      mean_length, mean_length_low, mean_length_high, window_low, window_high, r, r_low, r_high
    FROM path_fits
    UNION ALL
    SELECT study, network, seed, epoch, measured_at, 'norm of the sum',
      summed_mean_length, summed_mean_length_low, summed_mean_length_high, summed_low, summed_high, NULL, NULL, NULL
    FROM spectrum_windows
    UNION ALL
    SELECT study, network, seed, epoch, measured_at, 'energy',
      energy_mean_length, energy_mean_length_low, energy_mean_length_high, energy_low, energy_high,
      rms_r, rms_r_low, rms_r_high
    FROM spectrum_windows
  )
SELECT *
FROM weighted
WINDOW of_network AS (PARTITION BY study, network, seed)
QUALIFY min(epoch) OVER of_network < max(epoch) OVER of_network
ORDER BY study, network, seed, epoch, measured_at, weighting;
