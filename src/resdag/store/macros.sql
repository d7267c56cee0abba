-- Wilson's interval for errors of images at 95 %; z is the normal quantile of .975. Struct with low and high.
CREATE MACRO wilson(errors, images, z := 1.959963984540054) AS {
  'low': greatest(0, (errors / images + z * z / (2 * images)
    - z * sqrt(errors / images * (1 - errors / images) / images + z * z / (4 * images * images)))
    / (1 + z * z / images)),
  'high': least(1, (errors / images + z * z / (2 * images)
    + z * sqrt(errors / images * (1 - errors / images) / images + z * z / (4 * images * images)))
    / (1 + z * z / images))
};
