-- One row per network, epoch, place of measurement and path length: what all paths of that length contribute.
-- fraction: Share of all 2^n paths that have this length.
SELECT
  study, network, seed, epoch, measured_at, path_length,
  samples, contribution, contribution_low, contribution_high, fraction,
  mean_length, window_low, window_high, window_share
FROM path_norms AS norms
LEFT JOIN path_fits AS fits USING (study, network, seed, epoch, measured_at)
LEFT JOIN path_lengths AS lengths USING (study, network, seed, path_length)
ORDER BY study, network, seed, epoch, measured_at, path_length;
