-- One row per network compared by depth, its seeds together.
SELECT
  study, network, architecture, depth, seeds,
  test_error, test_error_low, test_error_high,
  train_error, train_error_low, train_error_high
FROM comparisons
WHERE comparison = 'depth'
ORDER BY study, network;
