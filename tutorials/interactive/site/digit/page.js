"use strict";
// Shows what data.js holds for the choices of the form. All that is computed here is the softmax of the logits.

const { about, quiet, curves } = DIGIT;
const form = document.getElementById("digit-choices");
const place = (name) => document.getElementById(`digit-${name}`);
const GLOBAL = "global";
const COLOURS = { positive: [214, 94, 0], negative: [0, 114, 178] };

let point = "dense1"; // the name stays the same when batch norm comes or goes, and the number does not

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const number = (value) => value.toFixed(Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0);

function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power);
  return powers.map((power) => power / sum);
}

/** The points of the chosen network in the order of the slider; the last one stands for all of them. */
function points() {
  return [...about.points[network()], GLOBAL];
}

function network() {
  return form.batchnorm.checked ? "batchnorm" : "plain";
}

/** Find what was computed for the choices of the form. */
function chosen() {
  const names = about.points[network()];
  const noise = form.noise.value;
  const training = noise === "additive" && form.training.value === "exact" ? "straight_through" : form.training.value;
  const where = point === GLOBAL ? GLOBAL : names.indexOf(point);
  const curve = curves[`${noise} ${training} ${network()} ${where}`];
  const pass = curve.passes[form.sigma.value];
  const noisy = point === GLOBAL ? about.global_points[network()] : [where];
  return { names, curve, noisy, before: pass.quiet ?? quiet[network()], after: pass.noisy };
}

/** Draw one activation a pixel; opacity is its size beside `largest`. */
function tile(stage, largest, label) {
  const [own, , code] = stage;
  const [width, height] = code.length === 64 ? [8, 8] : [5, code.length / 5];
  const canvas = make("canvas", { width, height, role: "img", "aria-label": label });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const steps = Math.floor(about.alphabet.length / 2);
  [...code].forEach((character, i) => {
    const value = ((about.alphabet.indexOf(character) / steps - 1) * own) / (largest || 1);
    const colour = value > 0 ? COLOURS.positive : COLOURS.negative;
    image.data.set([...colour, Math.round(255 * Math.abs(value))], 4 * i);
  });
  context.putImageData(image, 0, 0);
  return canvas;
}

function showStages({ names, noisy, before, after }) {
  const ahead = names.length - after.stages.length; // so many stages are as without noise
  const items = names.map((name, i) => {
    const clean = before.stages[i];
    const stage = after.stages[i - ahead] ?? clean;
    const difference = i < ahead ? 0 : stage[1];
    const largest = Math.max(clean[0], stage[0]);
    const item = make(
      "li",
      { "data-point": name },
      make("strong", {}, name),
      tile(clean, largest, `${name} without noise`),
      tile(stage, largest, `${name} with noise`),
      make("span", {}, `signal ${number(clean[1])}`),
      make("span", {}, `noise ${number(difference)}`),
    );
    if (noisy.includes(i)) item.className = "digit-noisy";
    return item;
  });
  place("stages").replaceChildren(...items);
}

/** A number above its bar, which starts at 0; the cell reaches from `least` to `most`. */
function barCell(text, value, least, most) {
  const share = (x) => (100 * (x - least)) / (most - least || 1);
  const bar = make("span", { class: value < 0 ? "digit-bar digit-below" : "digit-bar", "aria-hidden": "true" });
  bar.style.marginLeft = `${share(Math.min(value, 0))}%`;
  bar.style.width = `${share(Math.max(value, 0)) - share(Math.min(value, 0))}%`;
  return make("td", {}, text, bar);
}

function showAnswers({ before, after }) {
  const [clean, noisy] = [before, after].map(({ logits }) => ({ logits, shares: softmax(logits) }));
  const logitCell = ({ logits }, i) =>
    barCell(number(logits[i]), logits[i], Math.min(0, ...logits), Math.max(0, ...logits));
  const shareCell = ({ shares }, i) => barCell(percent(shares[i]), shares[i], 0, 1);
  const rows = noisy.logits.map((_, i) =>
    make(
      "tr",
      i === about.label ? { class: "digit-right" } : {},
      make("th", { scope: "row" }, String(i)),
      logitCell(clean, i),
      logitCell(noisy, i),
      shareCell(clean, i),
      shareCell(noisy, i),
    ),
  );
  place("answers").replaceChildren(...rows);
  for (const [prefix, { shares }] of [["", noisy], ["quiet-", clean]]) {
    const most = Math.max(...shares);
    place(`${prefix}answer`).textContent = String(shares.indexOf(most));
    place(`${prefix}probability`).textContent = percent(most);
  }
}

function show() {
  const names = points();
  form.point.max = names.length - 1;
  form.point.value = names.indexOf(point);
  const sigma = about.sigmas[form.sigma.value];
  const where = point === GLOBAL ? "all points but batch norm's" : point;
  place("sigma-shown").textContent = String(sigma);
  place("point-shown").textContent = where;
  form.sigma.setAttribute("aria-valuetext", String(sigma));
  form.point.setAttribute("aria-valuetext", where);
  const found = chosen();
  showStages(found);
  showAnswers(found);
  place("accuracy").textContent = percent(found.curve.accuracy[form.sigma.value]);
  place("midpoint").textContent = found.curve.fit.text;
  drawCurve(place("curve"), about.sigmas, found.curve, Number(form.sigma.value));
}

form.addEventListener("input", ({ target }) => {
  if (target === form.point) point = points()[form.point.value];
  if (target === form.batchnorm && !points().includes(point)) point = point.replace("bn", "dense");
  show();
});
form.addEventListener("submit", (event) => event.preventDefault());

form.sigma.max = about.sigmas.length - 1;
form.sigma.value = about.sigmas.indexOf(0.5);
place("label").textContent = String(about.label);
place("tested").textContent = String(about.tested);
show();
