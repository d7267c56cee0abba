-- One row per trained or loaded network, intact.
-- training: How it was trained: all blocks always, stochastic depth, effective paths only, or loaded.
-- errors: Test images misclassified.
-- images: Test images measured.
-- error: errors / images, a fraction.
-- train_error: Share of the training images misclassified, unaugmented, batch norm in eval mode.
-- seconds: Time of training, in seconds; NULL for loaded networks.
SELECT
  study, network, seed, architecture, depth, blocks, parameters, source,
  CASE
    WHEN source = 'loaded' THEN 'loaded'
    WHEN stochastic_depth IS NOT NULL THEN 'stochastic depth ' || stochastic_depth
    WHEN blocks_per_batch IS NOT NULL THEN blocks_per_batch || ' of ' || blocks || ' blocks'
    ELSE 'all blocks always'
  END AS training,
  test_scale, test_errors AS errors, test_images AS images, test_error AS error,
  wilson(test_errors, test_images, z).low AS low,
  wilson(test_errors, test_images, z).high AS high,
  train_errors / train_images AS train_error,
  train_seconds AS seconds
FROM networks
LEFT JOIN interval_levels USING (study)
ORDER BY study, network, seed;
