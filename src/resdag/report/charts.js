// Each chart is a picture until it comes into view; then it becomes interactive.  A block pointed at in one chart is
// marked in all that are.
const POINTED = "block_store"; // Vega-Lite's data set behind the selection `block`
const TOOLTIP = { disableDefaultStyle: true, formatTooltip: formatted };
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

// What is not there at a point is not said.
function formatted(said, escaped) {
  if (typeof said !== "object") return escaped(said);
  const there = Object.entries(said).filter(function (each) { return !["null", "undefined", "NaN"].includes(String(each[1])); });
  return "<table>" + there.map(function (each) {
    return "<tr><th>" + escaped(each[0]) + "</th><td>" + escaped(each[1]) + "</td></tr>";
  }).join("") + "</table>";
}

// Of very many panels the chosen one stays.
function chooseFrom(spec, label, chart) {
  const panels = longest(spec), select = label.querySelector("select");
  if (!select.options.length) {
    panels.forEach(function (panel, place) {
      const title = panel.title && (panel.title.text || panel.title);
      select.append(element("option", { value: place }, title || "panel " + (place + 1)));
    });
    select.addEventListener("change", function () { draw(chart); });
    label.hidden = false;
  }
  panels.splice(0, panels.length, panels[+select.value]);
  return picksOf(spec);
}

// What is left of the selections: of those whose legends stood in other panels nothing, and all counts as picked.
function picksOf(spec) {
  const { params = [], ...rest } = spec;
  let text = JSON.stringify(rest);
  const left = params.map(function (param) {
    const views = param.views && param.views.filter(function (name) { return text.includes('"name":"' + name + '"'); });
    return views ? { ...param, views: views } : param;
  }).filter(function (param) {
    if (!param.views || param.views.length) return true;
    text = text.replaceAll(JSON.stringify({ param: param.name }), '"true"');
    return false;
  });
  return { ...JSON.parse(text), params: left };
}

function longest(spec) {
  const rows = ["concat", "hconcat", "vconcat"].map(function (key) { return spec[key]; }).filter(Boolean);
  const all = rows.concat(rows.flat().map(longest));
  return all.reduce(function (most, row) { return row.length > most.length ? row : most; }, []);
}

// On a narrow screen panels stand below each other, none wider than the screen; a margin stays beside what it is of.
const NARROW = matchMedia("(max-width: 640px)"), AXIS = 84; // pixels beside a panel

function isMargin(parts) {
  const widths = parts.map(function (part) { return part.width || NaN; });
  return Math.max(...widths) > 1.5 * Math.min(...widths);
}

function stacked(spec, room) {
  if (spec.hconcat && isMargin(spec.hconcat)) {
    const all = spec.hconcat.reduce(function (sum, part) { return sum + part.width; }, 0);
    spec.hconcat.forEach(function (part) { narrowed(part, (room - AXIS) / all); });
    return;
  }
  if (spec.hconcat) {
    spec.vconcat = spec.hconcat;
    delete spec.hconcat;
  }
  if (spec.concat) spec.columns = 1;
  (spec.vconcat || spec.concat || []).forEach(function (part) { stacked(part, room); });
  if (spec.width > room) narrowed(spec, room / spec.width);
}

function narrowed(panel, by) {
  thinned(panel, by);
  panel.width *= by;
}

// What is as wide as a step of the axis: columns to point at, boxes, ticks, squares.
function thinned(unit, by) {
  const mark = unit.mark || {};
  if (mark.strokeWidth > 4) mark.strokeWidth *= by;
  if (mark.type === "tick") mark.size *= by;
  if (mark.type === "square") mark.size *= by * by;
  (unit.layer || []).forEach(function (each) { thinned(each, by); });
}

function draw(chart) {
  const live = element("div", { class: "live" }), still = chart.querySelector(".still");
  return unpack(chart.dataset.spec).then(function (text) {
    const whole = JSON.parse(text), choice = still.querySelector("label.one");
    const spec = choice ? chooseFrom(whole, choice, chart) : whole;
    chart.classList.toggle("narrow", NARROW.matches);
    if (NARROW.matches) {
      stacked(spec, chart.clientWidth - AXIS);
      spec.config.legend.columns = 2;
    }
    return vegaEmbed(live, spec, { mode: "vega-lite", renderer: "svg", actions: false, tooltip: TOOLTIP });
  }).then(function (drawn) {
    live.setAttribute("role", "img");
    live.setAttribute("aria-label", still.getAttribute("aria-label"));
    chart.querySelectorAll(".live").forEach(function (old) { old.remove(); });
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
