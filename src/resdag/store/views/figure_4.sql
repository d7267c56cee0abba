-- One row per single deletion of a network that was trained with all its blocks, on an image folder such as ImageNet.
SELECT
  study, network, seed, architecture, block, stage, changes_shape,
  errors, images, error, low, high, intact_error, change, p_holm
FROM single_deletions
WHERE stochastic_depth IS NULL AND dataset = 'image_folder'
ORDER BY study, network, seed, block;
