-- One row per network, kind of ensemble and number of its members, in studies that average networks.
-- kind: What the members are: networks trained apart and averaged, or paths that random deletion leaves in one network.
-- log2_members: Base-2 logarithm of the number of members: of networks, or of the paths left, blocks less those deleted.
-- halvings: How often the number of members was halved to get there, from all seeds, or from the intact network.
-- sets: Ensembles of so many members that were measured: sets of seeds, or draws and seeds of deletions.
-- mean: Mean error over them, a fraction.
-- q05: 5 % quantile of the error over them.
-- q95: 95 % quantile of the error over them.
-- whole: Mean error with no halving, a fraction.
-- disagreement: Share of images that two averaged networks classify differently; NULL for one of them, and for paths.
WITH
  networks_averaged AS (
    SELECT
      study, network, 'networks' AS kind, log2(members) AS log2_members,
      log2(max(members) OVER (PARTITION BY study, network)) - log2(members) AS halvings, error, disagreement
    FROM ensembles
  ),
  residual AS (SELECT DISTINCT study, network, seed, blocks FROM path_lengths SEMI JOIN ensembles USING (study)),
  deleted AS (
    SELECT study, network, 'paths' AS kind, blocks - "count" AS log2_members, "count" AS halvings, error
    FROM lesions JOIN residual USING (study, network, seed)
    WHERE experiment IN ('random', 'intact') AND NOT recalibrated
      AND (study, network, seed) IN (SELECT (study, network, seed) FROM lesions WHERE experiment = 'random')
  ),
  members AS (FROM networks_averaged UNION ALL BY NAME FROM deleted)
SELECT
  study, network, kind, log2_members, halvings, count(*) AS sets,
  avg(error) AS mean,
  quantile_cont(error, 0.05) AS q05,
  quantile_cont(error, 0.95) AS q95,
  first(avg(error)) OVER (PARTITION BY study, network, kind ORDER BY halvings) AS whole,
  avg(disagreement) AS disagreement
FROM members
GROUP BY study, network, kind, log2_members, halvings
ORDER BY study, network, kind, log2_members;
