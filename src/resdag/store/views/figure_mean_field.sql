-- One row per system, quantity and layer: the mean-field recursion, and the mean over simulated random networks.
-- quantity: power, cosine or log10_gradient, as in `mean_field`.
-- theory: The quantity by the recursion.
-- simulated: Mean over networks, of the gradient's ratio before its logarithm; NULL beyond the simulated layers.
-- standard_error: Of simulated, over networks; NULL with fewer than two.
-- deviation: (simulated - theory) / standard_error; NULL at the input, which is the same by construction.
-- draws: Random networks simulated; NULL beyond the simulated layers.
WITH networks_of AS (
  SELECT
    study, system, layer, count(*) AS draws, any_value(width) AS width, any_value(matrices) AS matrices,
    avg(drawn.power) AS power, stddev_samp(drawn.power) AS power_sd,
    avg(drawn.cosine) AS cosine, stddev_samp(drawn.cosine) AS cosine_sd,
    -- over the recursion's, which is a mean square too: 1 on average, however large both are
    avg(pow(10, drawn.log10_gradient - theory.log10_gradient)) AS ratio,
    stddev_samp(pow(10, drawn.log10_gradient - theory.log10_gradient)) AS ratio_sd
  FROM mean_field AS drawn
  JOIN mean_field_theory AS theory USING (study, system, layer)
  GROUP BY study, system, layer
),

compared AS (
  SELECT
    study, system, layer, draws, width, matrices, sigma_w, sigma_b, sigma_v, sigma_a,
    unnest([
      {quantity: 'cosine', theory: theory.cosine, simulated: drawn.cosine, sd: cosine_sd},
      {quantity: 'log10_gradient', theory: log10_gradient, simulated: log10_gradient + log10(ratio),
       sd: ratio_sd / ratio / ln(10)},
      {quantity: 'power', theory: theory.power, simulated: drawn.power, sd: power_sd}
    ]) AS found
  FROM mean_field_theory AS theory
  LEFT JOIN networks_of AS drawn USING (study, system, layer)
)

SELECT
  study, system, found.quantity AS quantity, layer, found.theory AS theory, found.simulated AS simulated,
  found.sd / sqrt(draws) AS standard_error,
  CASE WHEN layer > 0 THEN (found.simulated - found.theory) / nullif(found.sd / sqrt(draws), 0) END AS deviation,
  draws, width, matrices, sigma_w, sigma_b, sigma_v, sigma_a
FROM compared
ORDER BY study, system, quantity, layer;
