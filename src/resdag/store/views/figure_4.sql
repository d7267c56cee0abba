-- One row per single deletion of a VGG, or a network of two-layer blocks, trained whole, on an image folder or ImageNet.
SELECT
  study, network, seed, architecture, block, stage, changes_shape,
  errors, images, error, low, high, intact_error, change, p_holm
FROM single_deletions
WHERE stochastic_depth IS NULL AND blocks_per_batch IS NULL AND coalesce(convolutions, 2) = 2 AND dataset IN ('image_folder', 'imagenet')
ORDER BY study, network, seed, block;
