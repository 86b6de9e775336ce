// The figure of lesson B: real networks, drawn at random and run forward and backward in the page, as `nn.depth_study` does.

const NOTHING = 0; // what a closed gate passes: the rules of the activations say so

function chainruleDepth(root, start, code) {
  "use strict";
  const COLOURS = ["#b34700", "#00724f", "#0b5fae"], SIGNS = ["●", "■", "▲"];
  const LEFT = 46, RIGHT = 12, TOP = 26, BOTTOM = 40, HIGH = 330, MOST = 50;
  const { names, width, seeds } = start;
  let seed = 1, wide = 680; // units of the picture: as many as pixels, so that its text stays readable

  // ── random numbers: the same ones for the same seed ────────────────────────────────────────────────────────────
  function* normals(seed) {
    // mulberry32, and two normal numbers from two uniform ones (Box and Muller 1958)
    let state = seed * 2654435761;
    const uniform = () => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    for (;;) {
      const size = Math.sqrt(-2 * Math.log(1 - uniform())), angle = 2 * Math.PI * uniform();
      yield size * Math.cos(angle);
      yield size * Math.sin(angle);
    }
  }

  const drawn = new Map(); // by seed: the input, and the layers' weights for deviation 1

  function network(seed) {
    if (!drawn.has(seed)) {
      const numbers = normals(seed), take = (n) => Float64Array.from({ length: n }, () => numbers.next().value);
      drawn.set(seed, { x: take(width), layers: Array.from({ length: MOST }, () => take(width * width)) });
    }
    return drawn.get(seed);
  }

  // ── one network: forward, then δ = (Wᵀδ of the layer above) ⊙ f′(z), and with residual paths the same once more ──
  function sizes({ x, layers }, depth, deviation, residual, op) {
    const sums = [];
    let a = x;
    for (let l = 0; l < depth; l++) {
      const z = new Float64Array(width);
      for (let i = 0; i < width; i++) for (let j = 0; j < width; j++) z[i] += deviation * layers[l][i * width + j] * a[j];
      sums.push(z);
      a = z.map((number, i) => op.value([number]) + (residual ? a[i] : 0));
    }
    const found = [];
    let arriving = new Float64Array(width).fill(1); // the loss is the sum of the outputs
    for (let l = depth; l--; ) {
      const delta = sums[l].map((z, i) => arriving[i] * Number(op.slopes([z], op.value([z]))[0]));
      found.unshift(delta.reduce((sum, d) => sum + Math.abs(d), 0) / width);
      const below = new Float64Array(width);
      for (let i = 0; i < width; i++) for (let j = 0; j < width; j++) below[j] += deviation * layers[l][i * width + j] * delta[i];
      arriving = residual ? below.map((d, j) => d + arriving[j]) : below;
    }
    return found;
  }

  function median(numbers) {
    const known = numbers.filter((x) => x > 0).sort((a, b) => a - b), middle = known.length >> 1;
    if (!known.length) return 0;
    return known.length % 2 ? known[middle] : (known[middle - 1] + known[middle]) / 2;
  }

  function curves({ depth, deviation, residual }) {
    const nets = Array.from({ length: seeds }, (_, k) => network(seed * 1000 + k));
    return names.map((_, k) => {
      const all = nets.map((net) => sizes(net, depth, deviation, residual, code[k]));
      return Array.from({ length: depth }, (_, l) => median(all.map((one) => one[l])));
    });
  }

  // ── the picture ────────────────────────────────────────────────────────────────────────────────────────────────
  const at = (log, low, high) => TOP + ((high - log) / (high - low)) * (HIGH - TOP - BOTTOM);
  const across = (layer, depth) => LEFT + ((layer - 1) / Math.max(1, depth - 1)) * (wide - LEFT - RIGHT);

  function picture(found, depth) {
    const logs = found.map((curve) => curve.map((x) => (x > 0 ? Math.log10(x) : NaN))), all = logs.flat().filter(Number.isFinite);
    const step = [1, 2, 5, 10, 20].find((s) => (Math.max(...all, 0) - Math.min(...all, 0)) / s <= 8) ?? 50;
    const low = Math.floor(Math.min(...all, -1) / step) * step, high = Math.ceil(Math.max(...all, 1) / step) * step;
    const parts = [];
    for (let log = low; log <= high; log += step) {
      const y = at(log, low, high);
      parts.push(`<line class="grid" x1="${LEFT}" x2="${wide - RIGHT}" y1="${y}" y2="${y}"/><text x="${LEFT - 6}" y="${y + 4}" text-anchor="end">${String(log).replace("-", "−")}</text>`);
    }
    const every = [1, 2, 5, 10, 20].find((s) => depth / s <= wide / 50);
    for (let layer = 1; layer <= depth; layer++)
      if (layer === 1 || layer % every === 0) parts.push(`<text x="${across(layer, depth)}" y="${HIGH - BOTTOM + 18}" text-anchor="middle">${layer}</text>`);
    parts.push(`<line class="axis" x1="${LEFT}" x2="${wide - RIGHT}" y1="${HIGH - BOTTOM}" y2="${HIGH - BOTTOM}"/>`);
    parts.push(`<text x="${(wide + LEFT) / 2}" y="${HIGH - 4}" text-anchor="middle">layer  (the gradient flows from right to left)</text>`, `<text x="4" y="11">log₁₀ mean |δ|</text>`);
    logs.forEach((curve, k) => {
      const points = curve.map((log, l) => [across(l + 1, depth), at(log, low, high)]).filter(([, y]) => Number.isFinite(y));
      parts.push(`<polyline data-curve="${names[k]}" stroke="${COLOURS[k]}" points="${points.map((p) => p.map((n) => n.toFixed(1)).join(",")).join(" ")}"/>`);
      parts.push(...points.map(([x, y]) => `<text x="${x}" y="${y + 3}" text-anchor="middle" style="fill:${COLOURS[k]};font-size:9px">${SIGNS[k]}</text>`));
    });
    return parts.join("");
  }

  // ── knobs ──────────────────────────────────────────────────────────────────────────────────────────────────────
  function knob(label, min, max, step, value) {
    const box = document.createElement("label"), input = document.createElement("input"), shown = document.createElement("output");
    Object.assign(input, { type: "range", min, max, step, value });
    input.setAttribute("aria-label", label);
    box.append(label, input, shown);
    input.addEventListener("input", draw);
    return { box, input, shown };
  }

  const depth = knob("depth", 2, MOST, 1, start.depth);
  const scale = knob("weights' deviation", -2, 0, 0.01, Math.log10(start.deviation));
  const residual = document.createElement("input"), switchBox = document.createElement("label");
  residual.type = "checkbox";
  residual.checked = start.residual;
  residual.addEventListener("change", draw);
  switchBox.append(residual, "residual paths");
  const again = document.createElement("button");
  again.type = "button";
  again.textContent = "Other networks";
  again.addEventListener("click", () => {
    seed += 1;
    draw();
  });
  const knobs = document.createElement("div"), readout = document.createElement("div");
  knobs.className = "dp-knobs";
  readout.className = "dp-readout";
  readout.setAttribute("role", "status");
  knobs.append(depth.box, scale.box, switchBox, again);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("role", "img");
  root.replaceChildren(knobs, svg, readout);

  const deviation = () => (Number(scale.input.value) === Math.log10(start.deviation) ? start.deviation : 10 ** Number(scale.input.value));
  const short = (x) => (x === 0 ? "0" : x >= 1e-3 && x < 1e4 ? String(Number(x.toPrecision(2))) : x.toExponential(1)).replace("-", "−");

  function draw() {
    wide = Math.max(280, Math.min(680, svg.clientWidth || 680));
    svg.setAttribute("viewBox", `0 0 ${wide} ${HIGH}`);
    const chosen = { depth: Number(depth.input.value), deviation: deviation(), residual: residual.checked };
    depth.shown.textContent = chosen.depth;
    scale.shown.textContent = chosen.deviation.toPrecision(2);
    const found = curves(chosen);
    svg.innerHTML = picture(found, chosen.depth);
    readout.replaceChildren(
      ...names.map((name, k) => {
        const one = document.createElement("span");
        one.style.color = COLOURS[k];
        one.dataset.name = name;
        one.textContent = `${SIGNS[k]} ${name} ${short(found[k][0])}`;
        return one;
      }),
    );
    readout.prepend("mean |δ| in layer 1:");
    svg.setAttribute("aria-label", `${chosen.depth} layers${chosen.residual ? " with residual paths" : ""}: ${readout.textContent}`);
  }

  root.chainrule = { network, sizes, curves };
  draw();
  new ResizeObserver(() => Math.abs(svg.clientWidth - wide) > 20 && svg.clientWidth < 700 && draw()).observe(root);
}
