-- One row per single deletion of the paper's two networks: of the residual one that is judged, and of the deepest VGG.
-- Where none of its networks is judged, a study's residual one of the paper's architecture, then with most blocks.
-- Residual means blocks of two layers, trained whole; in no study of image folders.
WITH
  eligible AS (
    FROM single_deletions
    WHERE coalesce(dataset, '') NOT IN ('image_folder', 'imagenet')
      AND stochastic_depth IS NULL AND blocks_per_batch IS NULL AND coalesce(convolutions, 2) = 2
      AND architecture NOT IN ('plain', 'highway')
  ),
  chosen AS (
    SELECT study, network
    FROM eligible
    JOIN (SELECT study, config ->> '$.claims.residual' AS judged FROM studies) USING (study)
    GROUP BY study, network, architecture, judged
    QUALIFY row_number() OVER (
      PARTITION BY study, architecture = 'vgg'
      ORDER BY network IS DISTINCT FROM judged, architecture <> 'preact_resnet', max(blocks) DESC, network
    ) = 1
  )
SELECT
  study, network, seed, architecture, block, stage, changes_shape,
  errors, images, error, low, high, intact_error, change, p_holm
FROM eligible
SEMI JOIN chosen USING (study, network)
ORDER BY study, network, seed, block;
