// What a reader would see is wrong with a page at its present width: a list of sentences.
const found = [];
const article = document.querySelector("article") ?? document.body;
const seen = (element) => {
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  return box.width > 0 && box.height > 0 && box.right > 0 && box.left < innerWidth && style.visibility !== "hidden";
};
const short = (element) => `${element.tagName.toLowerCase()} "${element.textContent.trim().slice(0, 60)}"`;
const all = (selector, root = article) => [...root.querySelectorAll(selector)];
for (const details of all("details")) details.open = true; // solutions of exercises

const { scrollWidth, clientWidth } = document.documentElement; // a phone's innerWidth grows with what does not fit
if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} px wide`);

// What is wider than the window has to be in something that scrolls.
for (const element of all("table, mjx-container[display=true], pre, img, svg, canvas, dt, input, h1, h2, h3")) {
  if (!seen(element) || element.getBoundingClientRect().right <= clientWidth + 1) continue;
  let around = element;
  while (around !== document.body && getComputedStyle(around).overflowX === "visible") around = around.parentElement;
  if (!["auto", "scroll"].includes(getComputedStyle(around).overflowX)) found.push(`cut: ${short(element)}`);
}
for (const element of all("div.math, .cell_output, .output, .pst-scrollable-table-container, pre, p, li, td")) {
  const cut = ["hidden", "clip"].includes(getComputedStyle(element).overflowX);
  if (cut && element.scrollWidth > element.clientWidth + 1) found.push(`cut: ${short(element)}`);
}

for (const element of all("mjx-merror, [data-mjx-error], mjx-mtext[style*=red]")) found.push(`formula: ${short(element)}`);
for (const element of all("span.math, div.math", document)) {
  if (!element.querySelector("mjx-container")) found.push(`formula that is not drawn: ${short(element)}`);
}
const texts = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const { data, parentElement } = texts.currentNode;
  const text = !parentElement.closest("pre, code, script, style, noscript, textarea, mjx-container, .sig");
  if (text && /\$|\\[a-zA-Z()[\]{}\\]/.test(data)) found.push(`TeX in the text: "${data.trim().slice(0, 60)}"`);
}

const searches = all("input[type=search], button.search-button__button", document).filter(seen);
if (searches.length !== 1) found.push(`${searches.length} search boxes`);
for (const head of all("thead")) {
  if (!all("th, td", head).some((cell) => cell.textContent.trim())) found.push(`empty head: ${short(head.closest("table"))}`);
}
if (innerWidth >= 1400) {
  for (const code of all("div[class*=highlight-]:not(.output) pre")) {
    if (code.scrollWidth > code.clientWidth + 1) found.push(`code cut: ${short(code)}`);
  }
}
for (const link of all("a[href]")) {
  const target = new URL(link.href).pathname;
  const source = /\.(py|ipynb|js|toml|md)$/.test(target);
  if (source || (link.hasAttribute("download") && /\.py/.test(target))) found.push(`downloads: ${link.getAttribute("href")}`);
}
return found;
