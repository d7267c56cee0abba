-- Normal quantile of a probability from .5 on, to seven digits: algorithm AS 241, PPND7, of Wichura (1988).
CREATE MACRO normal_quantile_near(q, r) AS q
  * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179)
  / (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1);
CREATE MACRO normal_quantile_far(r) AS
  (((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777)
  / ((0.12021132975 * r + 0.73700164250) * r + 1);
CREATE MACRO normal_quantile(p) AS CASE
  WHEN p <= 0.925 THEN normal_quantile_near(p - 0.5, 0.180625 - (p - 0.5) * (p - 0.5))
  ELSE normal_quantile_far(sqrt(-ln(1 - p)) - 1.6)
END;
-- Wilson's interval for errors of images; z is the normal quantile of its confidence. Struct with low and high.
CREATE MACRO wilson(errors, images, z) AS {
  'low': greatest(0, (errors / images + z * z / (2 * images)
    - z * sqrt(errors / images * (1 - errors / images) / images + z * z / (4 * images * images)))
    / (1 + z * z / images)),
  'high': least(1, (errors / images + z * z / (2 * images)
    + z * sqrt(errors / images * (1 - errors / images) / images + z * z / (4 * images * images)))
    / (1 + z * z / images))
};
