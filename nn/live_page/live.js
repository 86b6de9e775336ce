// Training that one watches. The network trains here: `variants` are the loss and the outputs for each choice of
// activations, `optimizers` their updates, `graphs` one row's graph, computed node by node for what the picture shows.

function chainruleLive(main, data, variants, optimizers, graphs) {
  const SPEEDS = [["1 step", 1], ["5 steps", 5], ["20 steps", 20], ["100 steps", 100]]; // a frame
  const NEAR = 12, GRID = 56; // pixels about a point that belong to it; fields of the map, across
  const width = data.rows[0].length, outputs = width - data.inputs;
  const run = chainruleTraining(data, variants, optimizers);
  const make = chainruleElement;
  let picked = 0, timer = 0;

  // ── controls ───────────────────────────────────────────────────────────────────────────────────────────────────
  const bar = make("div", { class: "lv-bar" });

  function button(text, action, place = bar) {
    const made = make("button", { type: "button" }, text);
    made.addEventListener("click", action);
    place.append(made);
    return made;
  }

  function select(label, options, chosen, action) {
    const made = make("select", { "aria-label": label });
    for (const [value, text] of options) made.append(make("option", { value }, text));
    made.value = chosen;
    made.addEventListener("change", () => action(made.value));
    bar.append(make("label", {}, label, made));
    return made;
  }

  const toggle = button("Play", () => play(!timer));
  button("One step", () => (play(false), advance(1), draw()));
  button("New start", () => anew(newStart));
  button("As given", () => (play(false), run.given(), draw()));
  const speed = select("a frame", SPEEDS.map(([text, count]) => [count, text]), 1, () => {});
  const rate = make("input", { type: "text", inputmode: "decimal", "aria-label": "learning rate" });
  rate.addEventListener("change", () => {
    const lr = Number(rate.value.replace(",", "."));
    const right = rate.value.trim() !== "" && Number.isFinite(lr) && lr > 0;
    rate.toggleAttribute("aria-invalid", !right);
    if (right) anew(() => (run.state.lr = lr));
    else say.textContent = `The learning rate is a number above 0, not ${rate.value || "nothing"}; it stays ${run.state.lr}.`;
  });
  bar.append(make("label", {}, "learning rate", rate));
  const rules = select("optimizer", optimizers.map(([name], i) => [i, name]), 0, (i) => anew(() => {
    run.rule = Number(i);
    run.state = run.begun(run.rule, run.state.parameters);
  }));
  const { chosen } = run, names = [...new Set(variants.flatMap(([found]) => found))];
  const together = new Set(variants.map(([found]) => new Set(found).size)).size === 1 && chosen().length > 1;
  const activations = variants.length < 2 ? [] : (together ? [chosen()[0]] : chosen()).map((name, i) =>
    select(together ? "activation" : `layer ${i + 1}`, names.map((one) => [one, one]), name, (taken) => anew(() => {
      const wanted = chosen().map((one, j) => (together || j === i ? taken : one)).join();
      run.variant = variants.findIndex(([found]) => found.join() === wanted);
    })));

  function newStart() {
    // as many numbers with the spread of those given, in each layer; biases that were 0 stay 0
    const parameters = run.state.parameters.slice();
    for (const group of data.groups) {
      const spread = Math.sqrt(group.reduce((sum, k) => sum + data.parameters[k] ** 2, 0) / group.length);
      for (const k of group) parameters[k] = spread * Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
    }
    run.begin(parameters);
  }

  function anew(change) {
    run.anew(change);
    draw();
  }

  function back(time) {
    play(false);
    run.back(time);
    draw();
  }

  function advance(count) {
    const words = run.advance(count);
    if (words) play(false);
    if (words) say.textContent = words;
  }

  function play(on) {
    cancelAnimationFrame(timer);
    timer = on ? requestAnimationFrame(frame) : 0;
    toggle.textContent = on ? "Pause" : "Play";
  }

  function frame() {
    if (!main.isConnected) return;
    timer = requestAnimationFrame(frame);
    advance(Number(speed.value));
    draw();
  }

  // ── pictures ───────────────────────────────────────────────────────────────────────────────────────────────────
  const map = make("canvas", { tabindex: 0, role: "img", "aria-label": "the data and what the network makes of it" });
  const curve = make("canvas", { role: "img", "aria-label": "the loss" });
  const mapText = make("figcaption"), curveText = make("figcaption"), netText = make("figcaption");
  const net = make("div", { class: "lv-net" }), say = make("p", { class: "lv-say", role: "status" });
  const scrub = make("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "step" });
  scrub.addEventListener("input", () => back(Number(scrub.value)));
  const colour = (name) => getComputedStyle(main).getPropertyValue(name).trim();
  const column = (k) => run.rows.map((row) => row[k]), range = (k) => around(column(k));

  function extremes(numbers) {
    return numbers.reduce(([low, high], x) => [Math.min(low, x), Math.max(high, x)], [Infinity, -Infinity]);
  }

  function around(numbers) {
    const [low, high] = extremes(numbers), edge = (high - low || 1) * 0.15;
    return [low - edge, high + edge];
  }

  function sized(canvas, ratio) {
    const across = Math.max(1, canvas.clientWidth), scale = window.devicePixelRatio || 1;
    canvas.style.height = `${across * ratio}px`;
    if (canvas.width !== Math.round(across * scale)) [canvas.width, canvas.height] = [across * scale, across * ratio * scale];
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, across, across * ratio);
    return [pen, across, across * ratio];
  }

  let palette = [], [lowest, highest] = [0, 1]; // the classes' colours and the targets' range, as they are in this picture

  function place(out) {
    // where an output lies between the colours of the first class, 0, and of the second, 1
    if (data.link === "sigmoid") return 1 / (1 + Math.exp(-out));
    if (data.link === "sign") return Math.min(1, Math.max(0, (out + 1) / 2));
    return Math.min(1, Math.max(0, (out - lowest) / (highest - lowest)));
  }

  const rgb = (text) => [1, 3, 5].map((k) => parseInt(text.slice(k, k + 2), 16));
  const classOf = (target) => Math.max(0, data.classes.indexOf(target));
  const ofClass = (k) => palette[k % palette.length];
  const blend = (share) => palette[0].map((x, i) => x + (palette[1][i] - x) * share);

  function field(pen, across, height) {
    // what the network says at each place of the plane
    const [[left, right], [bottom, top]] = [range(0), range(1)], X = new Float64Array(GRID * GRID * 2);
    for (let i = 0; i < GRID; i++)
      for (let j = 0; j < GRID; j++) X.set([left + ((j + 0.5) / GRID) * (right - left), top - ((i + 0.5) / GRID) * (top - bottom)], 2 * (i * GRID + j));
    const Y = run.values(X), count = Y.length / (GRID * GRID);
    const image = new ImageData(GRID, GRID);
    for (let k = 0; k < GRID * GRID; k++) {
      const row = Y.subarray(k * count, (k + 1) * count), largest = row.indexOf(Math.max(...row));
      const share = place(row[0]), tint = count > 1 ? ofClass(largest) : blend(data.classes.length ? Math.round(share) * 0.4 + share * 0.6 : share);
      image.data.set([...tint, 100], 4 * k);
    }
    const small = new OffscreenCanvas(GRID, GRID);
    small.getContext("2d").putImageData(image, 0, 0);
    pen.imageSmoothingEnabled = true;
    pen.drawImage(small, 0, 0, across, height);
  }

  const isPlane = data.inputs === 2;
  let spots = []; // where the rows' points are drawn

  function drawMap() {
    const [pen, across, height] = sized(map, 1);
    palette = [0, 1, 2, 3].map((k) => rgb(colour(`--c${k}`)));
    [lowest, highest] = range(data.inputs);
    if (isPlane) field(pen, across, height);
    const Y = isPlane ? null : run.values(Float64Array.from(run.rows.flatMap((row) => row.slice(0, data.inputs))));
    const first = Y ? Array.from(run.rows, (_, i) => Y[(i * Y.length) / run.rows.length]) : null;
    const [xs, ys] = isPlane ? [range(0), range(1)] : [range(data.inputs === 1 ? 0 : data.inputs), around([...first, ...column(data.inputs)])];
    const x = (t) => ((t - xs[0]) / (xs[1] - xs[0])) * across, y = (t) => height - ((t - ys[0]) / (ys[1] - ys[0])) * height;
    const at = (row, i) => (data.inputs <= 2 ? row : [row[data.inputs], first[i]]);
    spots = run.rows.map(at).map(([a, b]) => [x(a), y(b)]);
    if (!isPlane) lines(pen, x, y, xs);
    spots.forEach(([a, b], i) => dot(pen, a, b, run.rows[i][data.inputs], i === picked));
    mapText.textContent = isPlane ? "Drag a point; click for its chain rule; Shift-click: a new one; right-click: the next class; Delete removes it"
      : data.inputs === 1 ? "Targets (points) and the output (line)" : "Output (up) over target (to the right): a right answer is on the line";
  }

  function lines(pen, x, y, [left, right]) {
    pen.strokeStyle = colour("--f");
    pen.lineWidth = 2;
    pen.beginPath();
    if (data.inputs === 1) {
      const X = Float64Array.from({ length: 200 }, (_, k) => left + ((right - left) * k) / 199), Y = run.values(X);
      X.forEach((one, k) => pen[k ? "lineTo" : "moveTo"](x(one), y(Y[(k * Y.length) / 200])));
    } else {
      pen.moveTo(x(left), y(left));
      pen.lineTo(x(right), y(right));
    }
    pen.stroke();
  }

  function dot(pen, a, b, target, isPicked) {
    const isClass = data.classes.length > 0, k = isClass ? classOf(target) : 0;
    pen.fillStyle = `rgb(${(isClass ? ofClass(k) : blend(place(target))).map(Math.round).join()})`;
    pen.strokeStyle = isPicked ? colour("--ink") : colour("--bg");
    pen.lineWidth = isPicked ? 3 : 1.5;
    pen.beginPath(); // classes differ in shape as well
    if (k % 2) pen.rect(a - 5, b - 5, 10, 10);
    else pen.arc(a, b, 5.5, 0, 7);
    pen.fill();
    pen.stroke();
  }

  function drawCurve() {
    const [pen, across, height] = sized(curve, 0.34), whole = [...run.losses, ...run.future];
    const [low, high] = extremes(whole);
    const now = run.losses.length, value = run.losses.at(-1);
    curveText.textContent = now ? `Loss before step ${now}: ${brief(value)}` : "The loss, step by step";
    if (whole.length < 2) return;
    const x = (k) => 6 + (k / (whole.length - 1)) * (across - 12), y = (v) => height - 8 - ((v - low) / (high - low || 1)) * (height - 16);
    pen.strokeStyle = colour("--ink");
    pen.lineWidth = 1.8;
    pen.beginPath();
    const every = Math.max(1, Math.floor(whole.length / 800));
    for (let k = 0; k < whole.length; k += every) pen[k ? "lineTo" : "moveTo"](x(k), y(whole[k]));
    pen.stroke();
    pen.fillStyle = colour("--ink");
    pen.beginPath();
    pen.arc(x(Math.max(0, now - 1)), y(whole[Math.max(0, now - 1)]), 4, 0, 7);
    pen.fill();
    pen.fillStyle = colour("--soft");
    pen.font = "12px system-ui, sans-serif";
    pen.fillText(brief(high), 8, 14);
    pen.fillText(brief(low), 8, height - 12);
  }

  const brief = (x) => (x === undefined ? "" : Math.abs(x) >= 1e-3 && Math.abs(x) < 1e5 ? String(Number(x.toPrecision(4))) : x.toExponential(2));

  // ── the network: one row's graph, whose nodes the picture's parts stand for ───────────────────────────────────────
  const merged = graphs.length ? chainruleMerged(graphs) : null;
  const svg = merged ? picture() : null, parts = svg ? [...svg.querySelectorAll("[data-k]")] : [], wires = svg ? [...svg.querySelectorAll(".edge[data-n]")] : [];
  const circles = svg ? [...svg.querySelectorAll(".node[data-n]")] : [];

  function picture() {
    const walk = main.querySelector(".cr-walk"), views = [...walk.querySelectorAll(".cr-stage svg")];
    const found = views.find((one) => one.querySelector(".caption"))?.cloneNode(true);
    if (!found) return null;
    for (const element of found.querySelectorAll("[data-state], .on, .cr-leaf")) {
      element.removeAttribute("data-state");
      element.removeAttribute("tabindex");
      element.removeAttribute("role");
      element.classList.remove("on", "f", "b", "l", "u", "cr-leaf", "way");
    }
    for (const extra of found.querySelectorAll("defs, title")) extra.remove();
    found.removeAttribute("style");
    net.append(found);
    return found;
  }

  function leavesOf(i) {
    const leaves = merged.graph.nodes.map((node) => node.data);
    data.places.parameters.forEach((k, j) => k >= 0 && (leaves[k] = run.state.parameters[j]));
    data.places.inputs.forEach((k, j) => (leaves[k] = run.rows[i][j]));
    data.places.targets.forEach((k, j) => (leaves[k] = run.rows[i][data.inputs + j]));
    return leaves;
  }

  let health = new Map(), healthAt = -1;

  function weigh() {
    // units that pass nothing for any row, or hardly anything
    const { graph, code } = merged, slopes = new Map();
    run.rows.forEach((_, i) => {
      const values = chainruleForward(graph, code, leavesOf(i));
      for (const k of merged.units) {
        const { op, args } = graph.nodes[k], [slope] = code[op].slopes(args.map((one) => values[one]), values[k]);
        slopes.set(k, Math.max(slopes.get(k) ?? 0, Math.abs(Number(slope))));
      }
    });
    health = new Map([...slopes].map(([k, slope]) => [k, slope === 0 ? "dead" : slope < 0.05 ? "saturated" : ""]));
    healthAt = run.losses.length;
  }

  function drawNet() {
    if (!svg) return;
    merged.choose(chosen());
    const { graph, code } = merged, record = chainruleRecord(graph, code, leavesOf(picked));
    if (Math.abs(run.losses.length - healthAt) >= 10 || !timer) weigh();
    for (const part of parts) {
      const k = Number(part.dataset.k.slice(1)), x = part.dataset.k[0] === "d" ? record.values[k] : record.grads[k];
      part.textContent = (part.dataset.p || "") + inDecimals(x);
    }
    const weights = wires.map((wire) => record.values[Number(wire.dataset.n)]), largest = Math.max(...weights.map(Math.abs), 1e-300);
    wires.forEach((wire, i) => {
      const line = wire.querySelector(".line");
      line.setAttribute("stroke-width", (0.5 + (3.5 * Math.abs(weights[i])) / largest).toFixed(1));
      line.classList.toggle("negative", weights[i] < 0);
    });
    // text that nobody could read gives way to the fill alone
    net.classList.toggle("small", Math.min(svg.clientWidth / svg.viewBox.baseVal.width, svg.clientHeight / svg.viewBox.baseVal.height) < 0.75);
    const results = circles.map((circle) => record.values[Number(circle.dataset.n.split(" ")[0])]);
    const strongest = Math.max(...results.slice(data.inputs, -1).map(Math.abs).filter(Number.isFinite), 1e-300);
    for (const [i, circle] of circles.entries()) {
      circle.querySelector(".ring")?.style.setProperty("--share", Math.min(1, Math.abs(results[i]) / strongest).toFixed(2));
      const states = circle.dataset.n.split(" ").map((k) => health.get(Number(k)));
      circle.classList.toggle("dead", states.includes("dead"));
      circle.classList.toggle("saturated", states.includes("saturated"));
    }
    captions(svg);
    const count = (what) => [...health.values()].filter((found) => found === what).length;
    netText.textContent = `For the point picked: activations (the fuller, the larger) and δ. Lines: weights, dashed where negative. ${count("dead")} of ${health.size} units dead (dotted), ${count("saturated")} saturated (thick)`;
  }

  function captions(picture) {
    // as the walk's own pictures name the layers, with the activations of the moment
    const found = [...picture.querySelectorAll(".caption text")];
    chosen().forEach((name, i) => found[i + 1] && (found[i + 1].textContent = `layer ${i + 1}: ${name}`));
  }

  // ── the points ─────────────────────────────────────────────────────────────────────────────────────────────────
  const spot = (event) => [event.offsetX, event.offsetY];
  const nearest = ([a, b]) => {
    const far = spots.map(([x, y]) => Math.hypot(x - a, y - b)), i = far.indexOf(Math.min(...far));
    return far[i] <= NEAR ? i : -1;
  };
  const there = ([a, b]) => {
    const [[left, right], [bottom, top]] = [range(0), range(1)], size = map.clientWidth;
    return [left + (a / size) * (right - left), top - (b / size) * (top - bottom)];
  };

  function edit(change) {
    anew(() => {
      run.take(run.rows.map((row) => row.slice()));
      change();
      run.take(run.rows);
      picked = Math.max(0, Math.min(picked, run.rows.length - 1));
      healthAt = -1;
    });
  }

  const tools = make("div", { class: "lv-bar" }); // the same for fingers, which have no second button

  const relabel = (i) => i >= 0 && data.classes.length && edit(() => (run.rows[i][2] = data.classes[(classOf(run.rows[i][2]) + 1) % data.classes.length]));
  const add = (place) => edit(() => (run.rows.push([...place, ...run.rows[picked].slice(2)]), (picked = run.rows.length - 1)));
  const remove = () => run.rows.length > 1 && edit(() => run.rows.splice(picked, 1));

  if (isPlane) {
    button("Add a point", () => add(there([map.clientWidth / 2, map.clientWidth / 2])), tools);
    if (data.classes.length) button("Next class", () => relabel(picked), tools);
    button("Remove", remove, tools);
    let held = -1, moved = false;
    map.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const at = spot(event);
      held = nearest(at);
      moved = false;
      if (held < 0 && event.shiftKey) add(there(at));
      else if (held >= 0) {
        picked = held;
        map.setPointerCapture(event.pointerId);
        draw();
      }
    });
    map.addEventListener("pointermove", (event) => {
      if (held < 0 || !(event.buttons & 1)) return;
      moved = true;
      const place = there(spot(event));
      edit(() => run.rows[held].splice(0, 2, ...place));
    });
    map.addEventListener("pointerup", () => {
      if (held >= 0 && !moved) open();
      held = -1;
    });
    map.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      relabel(nearest(spot(event)));
    });
    map.addEventListener("keydown", (event) => {
      if (event.key === "Delete") remove();
      if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
        picked = (picked + (event.key === "ArrowRight" ? 1 : run.rows.length - 1)) % run.rows.length;
        draw();
      }
      if (event.key === "Enter") open();
    });
  }

  // ── a table of one's own ───────────────────────────────────────────────────────────────────────────────────────
  function table(text) {
    const lines = text.split(/\r?\n/).map((line, i) => [line.trim(), i + 1]).filter(([line]) => line);
    const cells = (line) => line.split(/[,;\t]/).map((cell) => cell.trim());
    const isHead = cells(lines[0]?.[0] ?? "").every((cell) => cell === "" || Number.isNaN(Number(cell)));
    const found = lines.slice(isHead ? 1 : 0).map(([line, number]) => {
      const numbers = cells(line).map((cell) => (cell === "" ? NaN : Number(cell)));
      if (numbers.length !== width) throw new RangeError(`line ${number} has ${numbers.length} columns; it takes ${width}: ${data.inputs} inputs, then ${outputs === 1 ? "the target" : `${outputs} targets`}`);
      const wrong = numbers.findIndex((x) => !Number.isFinite(x));
      if (wrong >= 0) throw new RangeError(`line ${number}, column ${wrong + 1}: ${cells(line)[wrong] || "nothing"} is no number`);
      if (data.link && data.classes.length && !data.classes.includes(numbers[data.inputs])) throw new RangeError(`line ${number}: ${numbers[data.inputs]} is none of the classes ${data.classes.join(", ")}`);
      return numbers;
    });
    if (!found.length) throw new RangeError("the file has no rows");
    return found;
  }

  main.addEventListener("dragover", (event) => (event.preventDefault(), main.classList.add("dropping")));
  main.addEventListener("dragleave", () => main.classList.remove("dropping"));
  main.addEventListener("drop", async (event) => {
    event.preventDefault();
    main.classList.remove("dropping");
    const file = event.dataTransfer.files[0];
    if (file) take(await file.text(), file.name);
  });

  function take(text, name) {
    try {
      const found = table(text);
      edit(() => (run.rows = found));
      say.textContent = `${found.length} rows of ${name}.`;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      say.textContent = `${name}: ${error.message}. The page keeps its rows.`;
    }
  }

  // ── the walk of the point picked, with the weights of the moment ─────────────────────────────────────────────────
  const walk = main.querySelector(".lv-walk"), player = walk.querySelector(".cr-walk");
  const open = () => ((walk.open = true), walkOn());

  function walkOn() {
    if (!merged || !player.chainrule || !walk.open) return;
    merged.choose(chosen());
    player.chainrule.take(merged.graph, merged.code, leavesOf(picked));
    captions(player);
  }
  walk.addEventListener("toggle", walkOn);
  net.addEventListener("click", (event) => {
    const circle = event.target.closest(".node[data-n]");
    if (!circle) return;
    open();
    player.chainrule?.show(Number(circle.dataset.n.split(" ").at(-1)));
    player.scrollIntoView({ block: "nearest" });
  });

  // ── putting it together ────────────────────────────────────────────────────────────────────────────────────────
  function draw() {
    drawMap();
    drawCurve();
    drawNet();
    if (!timer) walkOn();
    scrub.max = run.losses.length + run.future.length;
    scrub.value = run.losses.length;
    time.textContent = `step ${run.losses.length} of ${run.losses.length + run.future.length}`;
    if (document.activeElement !== rate) rate.value = brief(run.state.lr);
    rules.value = run.rule;
    activations.forEach((one, i) => (one.value = chosen()[i]));
  }

  const time = make("span");
  main.prepend(
    bar,
    make("div", { class: "lv-main" },
      make("div", {}, make("figure", {}, map, mapText, tools), make("figure", {}, curve, curveText)),
      make("figure", {}, net, netText)),
    make("div", { class: "lv-scrub" }, "time", scrub, time),
    say,
  );
  new ResizeObserver(() => draw()).observe(map);
  draw();
  main.chainrule = { advance: (count) => (advance(count), draw(), run.losses.slice(-count)), back, take, state: () => run.state, rows: () => run.rows, play };
}

function chainruleMerged(graphs) {
  // one graph whose units take their activation from any of the graphs, which differ in nothing else
  const [[first, base]] = graphs, code = [], graph = { ...base, nodes: base.nodes.map((node) => ({ ...node, data: Number(node.data) })), ops: [], templates: [] };
  const tables = new Map(), layers = new Map();
  for (const [name, one, operations] of graphs) {
    const ops = graph.ops.length, templates = graph.templates.length, shifted = (place) => (place < 0 ? place : place + templates);
    graph.ops.push(...one.ops);
    graph.templates.push(...one.templates);
    code.push(...operations);
    tables.set(name, one.nodes.map((node) => (node.op === undefined ? node : { ...node, op: node.op + ops, template: shifted(node.template), by: node.by.map(([i, text, place]) => [i, text, shifted(place)]) })));
    layers.set(name, one.layers);
  }
  const level = new Map(); // of a unit's result → which hidden layer's
  (base.layers?.layers ?? []).forEach(({ z, a }, i) => a.forEach((k, j) => k !== z[j] && level.set(k, i)));
  const given = tables.get(first);
  let now = null; // the choice at hand

  function choose(activations) {
    if (now === activations.join()) return;
    now = activations.join();
    const of = (i) => (tables.has(activations[i]) ? activations[i] : first);
    graph.nodes.forEach((node, k) => node.op !== undefined && Object.assign(node, level.has(k) ? tables.get(of(level.get(k)))[k] : given[k]));
    if (!base.layers) return;
    const from = (i) => layers.get(of(i));
    graph.layers = { layers: base.layers.layers.map((_, i) => from(i).layers[i]), steps: base.layers.steps.map((step, s) => from(step.layer).steps[s]) };
  }
  choose([]);
  return { graph, code, choose, units: [...level.keys()] };
}
