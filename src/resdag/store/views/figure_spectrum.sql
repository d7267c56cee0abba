-- One row per network, its first and last epoch measured, place and path length: figure 6 when paths of a length are added.
-- sampled_rms_norm: Root-mean-square norm over sampled paths, to hold rms_norm against; NULL where none were sampled.
-- coherence_known: Whether the sign draws tell the energy, so that something can be said about coherence.
WITH sampled AS (
  SELECT study, network, seed, epoch, measured_at, path_length, sqrt(avg(norm * norm)) AS sampled_rms_norm
  FROM path_gradients
  GROUP BY study, network, seed, epoch, measured_at, path_length
)
SELECT
  study, network, seed, epoch, measured_at, path_length, spectra.batches,
  mean_norm, mean_norm_low, mean_norm_high, sampled_rms_norm,
  rms_norm, rms_norm_low, rms_norm_high,
  norm_of_sum, norm_of_sum_low, norm_of_sum_high,
  contribution,
  summed_contribution, summed_contribution_low, summed_contribution_high,
  share, share_low, share_high,
  coherence, coherence_low, coherence_high, energy_relative_se, energy_df, largest_image_share,
  energy_known AS coherence_known,
  window_low, window_high, summed_low, summed_high
FROM spectrum_norms AS spectra
JOIN spectrum_windows USING (study, network, seed, epoch, measured_at)
LEFT JOIN path_norms AS norms USING (study, network, seed, epoch, measured_at, path_length)
LEFT JOIN path_fits AS fits USING (study, network, seed, epoch, measured_at)
LEFT JOIN sampled USING (study, network, seed, epoch, measured_at, path_length)
WINDOW of_network AS (PARTITION BY study, network, seed)
QUALIFY epoch IN (min(epoch) OVER of_network, max(epoch) OVER of_network)
ORDER BY study, network, seed, epoch, measured_at, path_length;
