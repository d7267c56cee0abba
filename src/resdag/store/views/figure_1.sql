-- One row per block of one of the 8 paths of a residual network of three blocks: the unravelled network.
-- path: Index of the path, by length, then branch before skip from the input on.
-- block: Index of the block from the input, from 0.
-- choice: What the path takes at the block: branch or skip.
-- path_length: Blocks whose branch the path enters.
WITH
  choices AS (
    SELECT code, block, (code >> (2 - block)) & 1 AS entered
    FROM range(8) AS codes(code), range(3) AS blocks(block)
  ),
  paths AS (
    SELECT code, sum(entered)::BIGINT AS path_length,
      row_number() OVER (ORDER BY sum(entered), code DESC) - 1 AS path
    FROM choices
    GROUP BY code
  )
SELECT study, path, block, CASE entered WHEN 1 THEN 'branch' ELSE 'skip' END AS choice, path_length
FROM studies, choices JOIN paths USING (code)
ORDER BY study, path, block;
