// Rows and specifications lie in the page as base64 of gzip.
function unpack(id) {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), function (c) { return c.charCodeAt(0); });
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

function element(name, attributes, text) {
  const made = document.createElement(name);
  Object.entries(attributes || {}).forEach(function (each) { made.setAttribute(each[0], each[1]); });
  if (text !== undefined) made.textContent = text;
  return made;
}

document.documentElement.classList.add("script");
