-- One row per pair of blocks deleted together, what each of them does alone, and whether they interact.
-- error: Error with both deleted, a fraction.
-- intact_error: Error of the intact network, a fraction.
-- change: Change of error when both are deleted, a fraction.
-- low: Lower end of the interval of this interaction by itself, over images.
-- high: Upper end of that interval.
-- p_holm: p of the exact test of the interaction, after Holm's correction over all pairs of the network and seed.
SELECT
  answers.study, answers.network, answers.seed, answers.first, answers.second,
  errors, images,
  errors / images AS error,
  intact_errors / images AS intact_error,
  change, change_first, change_second,
  interaction, low, high, p_holm, significant
FROM pair_answers AS answers
JOIN interactions USING (study, network, seed, first, second)
ORDER BY ALL;
