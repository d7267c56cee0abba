// Each chart is a picture until it comes into view; then it becomes interactive.  A block pointed at in one chart is
// marked in all that are.
const POINTED = "block_store"; // Vega-Lite's data set behind the selection `block`
const pointing = [];
let passing = false;

function link(view) {
  try { view.data(POINTED); } catch { return; } // a chart without blocks
  pointing.push(view);
  view.addDataListener(POINTED, function (name, tuples) {
    if (passing) return;
    passing = true;
    Promise.all(pointing.filter(function (other) { return other !== view; }).map(function (other) {
      const others = tuples.map(function (tuple) { return { unit: "", fields: tuple.fields, values: tuple.values }; });
      return other.data(POINTED, others).runAsync();
    })).finally(function () { passing = false; });
  });
}

function draw(chart) {
  const live = element("div", { class: "live" });
  return unpack(chart.dataset.spec).then(function (text) {
    return vegaEmbed(live, JSON.parse(text), { mode: "vega-lite", renderer: "svg", actions: false });
  }).then(function (drawn) {
    live.setAttribute("role", "img");
    live.setAttribute("aria-label", chart.querySelector(".still").getAttribute("aria-label"));
    chart.append(live);
    chart.classList.add("drawn");
    link(drawn.view);
  }).catch(function (error) {
    console.error(chart.id, error); // the picture stays
  });
}

const watcher = new IntersectionObserver(function (entries) {
  entries.filter(function (entry) { return entry.isIntersecting; }).forEach(function (entry) {
    watcher.unobserve(entry.target);
    draw(entry.target);
  });
}, { rootMargin: "200px" });

document.querySelectorAll(".chart").forEach(function (chart) {
  const asked = chart.querySelector("button.draw");
  if (asked) asked.addEventListener("click", function () { draw(chart); });
  else watcher.observe(chart);
});
