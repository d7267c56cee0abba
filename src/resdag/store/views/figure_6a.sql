-- One row per number of blocks n and path length: how many of the 2^n paths have it.
SELECT study, blocks, path_length, any_value(paths) AS paths, any_value(fraction) AS fraction
FROM path_lengths
GROUP BY study, blocks, path_length
ORDER BY study, blocks, path_length;
