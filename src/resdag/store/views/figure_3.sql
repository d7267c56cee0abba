-- One row per single deletion of a network trained with all its blocks, on no image folder; no highway networks.
SELECT
  study, network, seed, architecture, block, stage, changes_shape,
  errors, images, error, low, high, intact_error, change, p_holm
FROM single_deletions
WHERE stochastic_depth IS NULL AND architecture <> 'highway' AND dataset IS DISTINCT FROM 'image_folder'
ORDER BY study, network, seed, block;
