-- One row per study: how sure its intervals are.
-- confidence: Coverage of its intervals, `claims.confidence` of its study file.
-- z: Normal quantile of (1 + confidence) / 2, of which Wilson's intervals are made.
WITH levels AS (
  SELECT study, coalesce((config ->> '$.claims.confidence')::DOUBLE, 0.95) AS confidence FROM studies
)
SELECT study, confidence, normal_quantile((1 + confidence) / 2) AS z
FROM levels
ORDER BY study;
