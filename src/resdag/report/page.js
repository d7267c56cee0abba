// Each chart is a picture until it comes into view; then it becomes interactive.
(function () {
  "use strict";
  function draw(chart) {
    const spec = JSON.parse(document.getElementById(chart.dataset.spec).textContent);
    const live = document.createElement("div");
    return vegaEmbed(live, spec, { mode: "vega-lite", renderer: "svg", actions: false }).then(function () {
      chart.replaceChildren(live);
    }).catch(function (error) {
      console.error(chart.id, error); // the picture stays
    });
  }
  const charts = Array.from(document.querySelectorAll(".chart"));
  if (!("IntersectionObserver" in window)) {
    charts.forEach(draw);
    return;
  }
  const watcher = new IntersectionObserver(function (entries) {
    entries.filter(function (entry) { return entry.isIntersecting; }).forEach(function (entry) {
      watcher.unobserve(entry.target);
      draw(entry.target);
    });
  }, { rootMargin: "200px" });
  charts.forEach(function (chart) { watcher.observe(chart); });
})();
