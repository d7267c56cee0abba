-- One row per network, epoch, place of measurement and path length: the norm of the gradient through sampled paths.
-- fit_log10_norm: Base-10 logarithm of the norm on the straight line; NULL where no line could be fitted.
SELECT
  study, network, seed, epoch, measured_at, path_length,
  samples, norms.dead, mean_norm, mean_norm_low, mean_norm_high, mean_log10_norm, sd_log10_norm,
  intercept_log10 + path_length * log10(r) AS fit_log10_norm,
  r, r_low, r_high, r_squared
FROM path_norms AS norms
LEFT JOIN path_fits AS fits USING (study, network, seed, epoch, measured_at)
ORDER BY study, network, seed, epoch, measured_at, path_length;
