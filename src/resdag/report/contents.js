// The contents mark where one is; a link into something folded opens it.
const marks = new Map(Array.from(document.querySelectorAll(".contents a"), function (link) {
  return [document.getElementById(link.hash.slice(1)), link];
}));
const reader = new IntersectionObserver(function (entries) {
  entries.filter(function (entry) { return entry.isIntersecting; }).forEach(function (entry) {
    marks.forEach(function (link) { link.removeAttribute("aria-current"); });
    marks.get(entry.target).setAttribute("aria-current", "location");
  });
}, { rootMargin: "-10% 0px -80% 0px" });
marks.forEach(function (link, target) { if (target) reader.observe(target); });

function unfold() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let at = target; at; at = at.parentElement) if (at.localName === "details") at.open = true;
  if (target) {
    target.hidden = false; // a row that its table's choice had put away
    target.scrollIntoView();
  }
}
addEventListener("hashchange", unfold);
unfold();

const narrow = matchMedia("(max-width: 1099px)");
function fold() { document.querySelector(".contents details").open = !narrow.matches; }
narrow.addEventListener("change", fold);
fold();
