"use strict";
// The curve of accuracy against sigma as SVG: axes, the fit of equation 1 in ln sigma, its midpoint, measured points.

const FRAME = { left: 42, right: 350, top: 8, bottom: 184 };

function shape(tag, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}

/** Equation 1 in ln sigma: from a_min + 2 half_range down to a_min, half way down at the midpoint. */
function fitted({ midpoint, slope, half_range, a_min }, sigma) {
  return half_range * (1 - Math.tanh(Math.log(sigma / midpoint) / (2 * slope))) + a_min;
}

/** Fill an SVG element: `curve` has the accuracy at each of `sigmas` and a fit; `marked` is the number of one of them. */
function drawCurve(svg, sigmas, { accuracy, fit }, marked) {
  const [first, last] = [Math.log10(sigmas[0]), Math.log10(sigmas.at(-1))];
  const x = (sigma) => FRAME.left + ((FRAME.right - FRAME.left) * (Math.log10(sigma) - first)) / (last - first);
  const y = (share) => FRAME.bottom - (FRAME.bottom - FRAME.top) * share;
  const vertical = (sigma, kind) =>
    shape("line", { x1: x(sigma), x2: x(sigma), y1: FRAME.top, y2: FRAME.bottom, class: kind });

  const parts = [];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    parts.push(shape("line", { x1: FRAME.left, x2: FRAME.right, y1: y(share), y2: y(share), class: "digit-grid" }));
    parts.push(shape("text", { x: FRAME.left - 6, y: y(share) + 4, "text-anchor": "end" }, `${100 * share} %`));
  }
  for (let power = first; power <= last; power += 1) {
    const sigma = 10 ** power;
    parts.push(shape("text", { x: x(sigma), y: FRAME.bottom + 16, "text-anchor": "middle" }, String(Number(sigma.toPrecision(3)))));
  }
  parts.push(shape("text", { x: (FRAME.left + FRAME.right) / 2, y: FRAME.bottom + 32, "text-anchor": "middle" }, "sigma"));
  parts.push(vertical(sigmas[marked], "digit-here"));
  if (fit.midpoint) {
    const path = Array.from({ length: 121 }, (_, i) => 10 ** (first + ((last - first) * i) / 120));
    const corners = path.map((sigma) => `${x(sigma).toFixed(1)},${y(fitted(fit, sigma)).toFixed(1)}`);
    parts.push(shape("polyline", { points: corners.join(" "), class: "digit-fit" }));
    parts.push(vertical(fit.midpoint, "digit-midpoint"));
  }
  sigmas.forEach((sigma, i) => {
    const kind = i === marked ? "digit-dot digit-marked" : "digit-dot";
    parts.push(shape("circle", { cx: x(sigma), cy: y(accuracy[i]), r: i === marked ? 6 : 3.5, class: kind }));
  });
  svg.replaceChildren(...parts);
  const shown = (share) => `${(100 * share).toFixed(1)} %`;
  const ends = `${shown(accuracy[0])} at sigma ${sigmas[0]} to ${shown(accuracy.at(-1))} at ${sigmas.at(-1)}`;
  svg.setAttribute("aria-label", `Accuracy against sigma: from ${ends}; ${fit.text}`);
}
