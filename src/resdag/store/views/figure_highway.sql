-- One row per block of a highway network with measured gates, and of the networks of its size that it is held against.
-- kind: What the skip is: learned gate, gate frozen at 0.5, or identity (the residual network of the same size).
-- gate: Mean gate of the trained network over test images and units; NULL where no gate was learned.
-- gate_at_start: Mean gate at the initialisation; NULL where it is not known.
-- gate_low: 5 % quantile over images of the image's mean gate.
-- gate_high: 95 % quantile over images of the image's mean gate.
-- error: Error without the block, a fraction; NULL where its deletion was not measured.
WITH sized AS (
  SELECT
    study, network, seed, architecture, depth, convolutions, options ->> '$.width' AS width,
    CASE
      WHEN architecture = 'resnet' THEN 'identity skip'
      WHEN options ->> '$.gate' = 'frozen' THEN 'gate frozen at 0.5'
      ELSE 'learned gate'
    END AS kind
  FROM networks
  WHERE architecture IN ('highway', 'resnet') AND stochastic_depth IS NULL AND blocks_per_batch IS NULL
),
compared AS (
  SELECT *
  FROM sized
  SEMI JOIN (SELECT study, depth, convolutions, width FROM sized SEMI JOIN gates USING (study, network, seed)) AS gated
    USING (study, depth, convolutions, width)
),
opened AS (
  SELECT
    study, network, seed, block,
    max_by(mean, epoch) FILTER (epoch > 0) AS gate,
    any_value(mean) FILTER (epoch = 0) AS gate_at_start,
    max_by(image_q05, epoch) AS gate_low,
    max_by(image_q95, epoch) AS gate_high,
    max_by(below_half, epoch) AS below_half
  FROM gates
  GROUP BY study, network, seed, block
)
SELECT
  study, network, seed, block, kind, blocks.stage, blocks.changes_shape,
  gate, gate_at_start, gate_low, gate_high, below_half,
  deletion.error, deletion.low, deletion.high, deletion.intact_error, deletion.change
FROM compared
JOIN blocks USING (study, network, seed)
LEFT JOIN opened USING (study, network, seed, block)
LEFT JOIN single_deletions AS deletion USING (study, network, seed, block)
WHERE gate IS NOT NULL OR deletion.error IS NOT NULL
ORDER BY study, network, seed, block;
