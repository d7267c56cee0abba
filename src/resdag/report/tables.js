// Tables sort by their heads, and filter by what they are of: network, seed, epoch; or how it came out.
const FILTERED = ["network", "seed", "epoch", "architecture", "training", "measured at", "experiment", "verdict"];
const AT_ONCE = 100; // rows of a long table that are there before one asks for more

function valueOf(cell) {
  const text = cell.dataset.sort || cell.textContent.trim();
  const number = parseFloat(text.replace("−", "-").replace(/,/g, ""));
  return /^[−+-]?[\d.]/.test(text) && !isNaN(number) ? number : text;
}

function compare(a, b) {
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
  return typeof a === "number" ? -1 : 1; // numbers before words
}

function headOf(table) { return Array.from(table.tHead.rows[0].cells); }

function sortsBy(table, sort) {
  headOf(table).forEach(function (head, place) {
    const button = element("button", { type: "button" }, head.textContent);
    head.replaceChildren(button);
    button.addEventListener("click", function () {
      const falling = head.getAttribute("aria-sort") === "ascending";
      headOf(table).forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      sort(place, falling ? -1 : 1);
    });
  });
}

function sortRows(table, place, sign) {
  const rows = Array.from(table.tBodies[0].rows);
  rows.sort(function (a, b) { return sign * compare(valueOf(a.cells[place]), valueOf(b.cells[place])); });
  table.tBodies[0].append(...rows);
}

// A choice for each column that has few values; `changed` gets the chosen ones, by place.
function choices(heads, values, changed) {
  const chosen = new Map();
  const bar = element("p", { class: "choices" });
  heads.forEach(function (head, place) {
    const found = Array.from(new Set(values.map(function (row) { return row[place]; })));
    if (!FILTERED.includes(head.toLowerCase()) || found.length < 2 || found.length > 400) return;
    const label = element("label", {}, head + " ");
    const select = element("select");
    found.sort(function (a, b) { return compare(isNaN(a) ? a : +a, isNaN(b) ? b : +b); });
    select.append(element("option", { value: "" }, "all"));
    found.forEach(function (value) { select.append(element("option", { value: "=" + value }, value)); });
    select.addEventListener("change", function () {
      if (select.value) chosen.set(place, select.value.slice(1)); else chosen.delete(place);
      changed(chosen);
    });
    label.append(select);
    bar.append(label);
  });
  return bar.childElementCount ? bar : null;
}

function fits(row, chosen) {
  return Array.from(chosen).every(function (each) { return row[each[0]] === each[1]; });
}

function filterStatic(table) {
  const rows = Array.from(table.tBodies[0].rows);
  if (rows.length < 8) return;
  const values = rows.map(function (row) { return Array.from(row.cells, function (cell) { return cell.textContent.trim(); }); });
  const bar = choices(headOf(table).map(function (head) { return head.textContent.trim(); }), values, function (chosen) {
    rows.forEach(function (row, place) { row.hidden = !fits(values[place], chosen); });
  });
  if (bar) table.parentElement.before(bar);
}

function readCsv(text) {
  const rows = [[]];
  const pattern = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/g;
  for (let found = pattern.exec(text); found && found.index < text.length; found = pattern.exec(text)) {
    rows[rows.length - 1].push(found[1].startsWith('"') ? found[1].slice(1, -1).replace(/""/g, '"') : found[1]);
    if (found[2] !== ",") rows.push([]);
  }
  return rows.filter(function (row) { return row.length > 1 || row[0]; });
}

function written(text) { // six digits are enough to read; the files have all of them
  const number = Number(text);
  if (text === "" || isNaN(number)) return text || "–";
  return String(Number.isInteger(number) ? number : Number(number.toPrecision(6))).replace("-", "−");
}

function showRows(details, text) {
  const [names, ...all] = readCsv(text);
  const heads = names.map(function (name) { return name.replace(/_/g, " "); });
  const table = element("table");
  const head = table.createTHead().insertRow();
  heads.forEach(function (name) { head.append(element("th", { scope: "col" }, name)); });
  const body = table.createTBody(), count = element("p", { class: "small", "aria-live": "polite" });
  const more = element("button", { type: "button" }, "More rows");
  let rows = all, room = AT_ONCE, chosen = new Map();
  function show() {
    const there = rows.filter(function (row) { return fits(row, chosen); });
    body.replaceChildren(...there.slice(0, room).map(function (row) {
      const line = element("tr");
      row.forEach(function (value) { line.append(element("td", { class: isNaN(value) ? "" : "num" }, written(value))); });
      return line;
    }));
    count.textContent = Math.min(room, there.length) + " of " + there.length + " rows";
    more.hidden = there.length <= room;
  }
  sortsBy(table, function (place, sign) {
    const number = function (text) { return text === "" || isNaN(text) ? text : +text; };
    rows = all.slice().sort(function (a, b) { return sign * compare(number(a[place]), number(b[place])); });
    show();
  });
  more.addEventListener("click", function () { room += 10 * AT_ONCE; show(); });
  const bar = choices(heads, all, function (now) { chosen = now; room = AT_ONCE; show(); });
  const box = element("div", { class: "table tall", tabindex: "0", role: "region", "aria-label": "All rows" });
  box.append(table);
  details.querySelector(".plain").replaceWith(...(bar ? [bar] : []), count, box, more);
  show();
}

document.querySelectorAll("table.filters").forEach(filterStatic);
document.querySelectorAll("table.sorts").forEach(function (table) {
  sortsBy(table, function (place, sign) { sortRows(table, place, sign); });
});
document.querySelectorAll("details.rows").forEach(function (details) {
  details.addEventListener("toggle", function () {
    unpack(details.dataset.rows).then(function (text) { showRows(details, text); });
  }, { once: true });
});
