-- One row per network compared by blocks per batch, its seeds together; the last is the one trained on all of them.
-- computed: Blocks computed for each batch in training, m; all n of them where the training computed all.
-- whole: Whether the training computed all blocks.
SELECT
  study, network, coalesce(blocks_per_batch, blocks) AS computed, blocks_per_batch IS NULL AS whole, blocks,
  mean_path_length, convolutions, seeds,
  test_error, test_error_low, test_error_high,
  train_error, train_error_low, train_error_high
FROM comparisons
WHERE comparison = 'blocks_per_batch'
ORDER BY study, network;
