-- One row per block of one path of three blocks, residual or plain, after block 1 is deleted.
-- network: residual, with 8 paths, or plain, with one.
-- path: Index of the path, as in figure_1.
-- block: Index of the block from the input, from 0.
-- choice: What the path takes at the block: branch or skip.
-- path_length: Blocks whose branch the path enters.
-- alive: Whether the path survives the deletion: it does not enter the deleted block.
-- deleted_block: Index of the deleted block.
WITH
  paths AS (
    SELECT study, 'residual' AS network, path, block, choice, path_length FROM figure_1
    UNION ALL
    SELECT study, 'plain' AS network, 0 AS path, block, 'branch' AS choice, 3 AS path_length
    FROM studies, range(3) AS blocks(block)
  )
SELECT *,
  NOT bool_or(block = 1 AND choice = 'branch') OVER (PARTITION BY study, network, path) AS alive,
  1 AS deleted_block
FROM paths
ORDER BY study, network DESC, path, block;
