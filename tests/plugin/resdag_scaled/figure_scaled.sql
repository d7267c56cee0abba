-- One row per network, seed, block and factor: the error with the block's branch turned down.
SELECT scaled.study, network, seed, block, factor, error, test_error AS intact_error, error - test_error AS change
FROM scaled
JOIN networks USING (study, network, seed)
ORDER BY ALL;
