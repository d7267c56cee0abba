-- One row per number of blocks n, blocks deleted (1, 5, 10, 15, 20) and path length: the share of paths left (eq. 8).
SELECT study, blocks, deleted, path_length, any_value(fraction) AS fraction
FROM paths_remaining
WHERE deleted IN (1, 5, 10, 15, 20)
GROUP BY study, blocks, deleted, path_length
ORDER BY study, blocks, deleted, path_length;
