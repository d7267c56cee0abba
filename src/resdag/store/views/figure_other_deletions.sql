-- One row per single deletion of a network that neither figure 3 nor figure 8 is about; in no study of image folders.
SELECT
  study, network, seed, architecture, block, stage, changes_shape,
  errors, images, error, low, high, intact_error, change, p_holm
FROM single_deletions
ANTI JOIN figure_3 USING (study, network)
WHERE stochastic_depth IS NULL AND coalesce(dataset, '') NOT IN ('image_folder', 'imagenet')
ORDER BY study, network, seed, block;
