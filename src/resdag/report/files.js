// Files come out of the page itself, so that they are there wherever it was sent; without a script, from beside it.
function save(content, type, name) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type: type }));
  element("a", { href: address, download: name }).click();
  setTimeout(function () { URL.revokeObjectURL(address); }, 1000);
}

function svgOf(article) {
  const picture = article.querySelector(".still svg") || article.querySelector(".live svg");
  return picture && new XMLSerializer().serializeToString(picture);
}

function savePng(svg, name) {
  const image = new Image();
  image.onload = function () {
    const canvas = element("canvas", { width: 2 * image.width, height: 2 * image.height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob(function (blob) { save(blob, "image/png", name); });
  };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg);
}

function give(kind, article) {
  const name = article.id + "." + kind;
  if (kind === "csv") return unpack("rows-" + article.id).then(function (text) { save(text, "text/csv", name); });
  if (kind === "svg") return save(svgOf(article), "image/svg+xml", name);
  return savePng(svgOf(article), name);
}

function copied(text) {
  return navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject(new Error("no clipboard"));
}

document.addEventListener("click", function (event) {
  const link = event.target.closest("a[data-file]"), article = link && link.closest("article");
  const here = article && (link.dataset.file === "csv" ? document.getElementById("rows-" + article.id) : svgOf(article));
  if (here) {
    event.preventDefault();
    give(link.dataset.file, article);
  }
  const button = event.target.closest("button.copy");
  if (button) copied(button.dataset.text).then(function () {
    button.textContent = "Copied";
    setTimeout(function () { button.textContent = "Copy SQL"; }, 1500);
  }, function () {
    const query = button.closest("article").querySelector("pre"); // no clipboard: at least it is marked
    query.closest("details").open = true;
    getSelection().selectAllChildren(query);
  });
});
