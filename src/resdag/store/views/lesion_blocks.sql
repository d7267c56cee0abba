-- One row per block that a lesion deletes: none for the intact network, and none for a block that is run again.
-- block: Index of a deleted block, from the input, from 0; in experiment skip, of the block whose skip is deleted.
-- change: (broken - repaired) / images: the error beyond that of the intact network on the same images, a fraction.
SELECT
  study, network, seed, lesion, experiment, count, draw, recalibrated,
  unnest(deleted) AS block,
  errors, images, error, loss, broken, repaired,
  (broken - repaired) / images AS change
FROM lesions
ORDER BY study, network, seed, lesion, block;
