// A walk by layer: matrices of numbers beside one another, and the NumPy lines, as in walking/steps/by_layer.py.

function chainruleLayerSteps(graph, forward, totals, updates) {
  // the steps of `graph.layers.steps`, each with those of the nodes that belong to it
  const at = (steps, key) => new Map(steps.map((step) => [step[key], step]));
  const [computed, received, moved] = [at(forward, "node"), at(totals, "target"), at(updates, "node")];
  const layered = graph.layers.steps.map((entry) => {
    const steps = [...entry.forward.map((k) => computed.get(k)), ...entry.backward.map((k) => received.get(k)), ...entry.updates.map((k) => moved.get(k))];
    return { ...entry, steps };
  });
  const inside = new Set(graph.layers.steps.flatMap((entry) => entry.updates));
  return [...layered, ...updates.filter((step) => !inside.has(step.node))];
}

function chainruleSayLayers(graph, record) {
  const { values, grads } = record, root = graph.nodes.at(-1).name;
  const of = (array, ids) => ids.map((k) => array[k]), rows = (array, matrix) => matrix.map((ids) => of(array, ids));
  const vector = (numbers) => numbers.map((x) => [x]);
  const transposed = (matrix) => matrix[0].map((_, j) => matrix.map((row) => row[j]));

  function block(matrix) {
    // the lines of a matrix, in brackets; a large one shows its corners
    const cells = ends(matrix, null).filter((row) => row !== null).map((row) => ends(row.map(inDecimals)));
    if (matrix.length > TERMS) cells.splice(3, 0, cells[0].map((cell) => (cell === "…" ? "⋱" : "⋮")));
    const widths = cells[0].map((_, j) => Math.max(...cells.map((row) => row[j].length)));
    const lines = cells.map((row) => row.map((cell, j) => cell.padStart(widths[j])).join("  "));
    if (lines.length === 1) return [`[${lines[0]}]`];
    return lines.map((line, i) => (i === 0 ? `⎡${line}⎤` : i === lines.length - 1 ? `⎣${line}⎦` : `⎢${line}⎥`));
  }

  function beside(parts) {
    // blocks and signs next to one another, each centred vertically
    const blocks = parts.map((part) => (typeof part === "string" ? [part] : part)), height = Math.max(...blocks.map((lines) => lines.length));
    const padded = blocks.map((lines) => {
      const above = Math.floor((height - lines.length) / 2), width = Math.max(...lines.map((line) => line.length));
      return Array.from({ length: height }, (_, i) => (lines[i - above] ?? "").padEnd(width));
    });
    return Array.from({ length: height }, (_, i) => padded.map((column) => column[i]).join(" ").trimEnd()).join("\n");
  }

  function numbers(layer) {
    // one layer's numbers, and the gradients of them all
    const slope = layer.activation ? layer.a.map((k) => record.locals[k][0] ?? 0).map(Number) : layer.z.map(() => 1);
    return { W: rows(values, layer.W), b: layer.b && of(values, layer.b), x: of(values, layer.x), z: of(values, layer.z), a: of(values, layer.a),
      slopes: slope, delta: of(grads, layer.z), d_a: of(grads, layer.a), d_W: rows(grads, layer.W), d_x: of(grads, layer.x) };
  }

  function deltas(s, { delta, slopes }, arriving, isGated) {
    const gate = isGated ? ["⊙", block(vector(slopes))] : [];
    return beside([s.delta, "=", ...arriving, ...gate, sign(...delta), block(vector(delta))]);
  }

  const outer = (s, { delta, x, d_W }) => beside([s.by_W, "=", block(vector(delta)), block([x]), sign(...d_W.flat()), block(d_W)]);
  const pulledBack = (s, { W, delta, d_x }) => beside([s.by_x, "=", block(transposed(W)), block(vector(delta)), sign(...d_x), block(vector(d_x))]);

  const BLOCKS = {
    forward({ symbols: s, activation }, { W, b, x, z, a }) {
      const bias = b ? ["+", block(vector(b))] : [];
      const found = [beside([s.z, "=", block(W), block(vector(x)), ...bias, sign(...z), block(vector(z))])];
      return activation ? [...found, beside([s.a, "=", activation, sign(...a), block(vector(a))])] : found;
    },
    loss: () => [],
    slope({ symbols: s }, own) {
      return [deltas(s, own, [block(vector(own.d_a))], true)];
    },
    weights: ({ symbols: s }, own) => [outer(s, own)],
    biases: ({ symbols: s }, { delta }) => [beside([s.by_b, "=", block(vector(delta))])],
    pass: ({ symbols: s }, own) => [pulledBack(s, own)],
    backward({ symbols: s, activation, reaches }, own, upper) {
      const arriving = upper ? [block(transposed(upper.W)), block(vector(upper.delta))] : [block(vector(own.d_a))];
      return [deltas(s, own, arriving, activation), outer(s, own), ...(reaches ? [pulledBack(s, own)] : [])];
    },
    update({ symbols: s, b, x, W }, own, upper, steps) {
      const after = steps.map((step) => step.after), width = x.length, stride = width + (b ? 1 : 0);
      const found = [beside([s.W, "←", block(W.map((_, i) => after.slice(i * stride, i * stride + width)))])];
      return b ? [...found, beside([s.b, "←", block(vector(after.filter((_, i) => i % stride === width)))])] : found;
    },
  };

  const OF_WEIGHTS = "Every weight's gradient is the δ of its neuron times the input it was multiplied with.";

  function stopped({ slopes, d_a }) {
    const blocked = slopes.filter((slope, i) => slope === 0 && d_a[i] !== 0).length;
    return blocked ? ` ${blocked} of ${slopes.length} gates stop it, where f′(z) = 0.` : "";
  }

  const SENTENCES = {
    forward({ where, z }, { slopes }) {
      const closed = slopes.filter((slope) => slope === 0).length, count = z.length;
      const together = count > 1 ? `All ${count} neurons of ${where} at once` : `The one neuron of ${where}`;
      return `${together}: each row of W times the same inputs.${closed ? ` ${closed} of ${count} gates ${closed === 1 ? "is" : "are"} closed.` : ""}`;
    },
    loss: () => `The forward pass ends in one number, ${root}. From here the gradient walks back, layer by layer.`,
    slope: (layer, own) => `What arrived, ${layer.symbols.by_output}, times the slope of the activation at z, is δ.${stopped(own)}`,
    weights: () => OF_WEIGHTS,
    biases: () => "A bias is added as it is: its gradient is the δ of its neuron.",
    pass({ taker }) {
      const whose = taker ? `That is what ${taker} receives.` : "These are the inputs.";
      return `Each input adds up a share from every neuron, δ times the weight that leads there. ${whose}`;
    },
    backward: ({ activation }, own) => (activation ? `The signal that arrives, times f′(z), is δ.${stopped(own)} ${OF_WEIGHTS}` : OF_WEIGHTS),
    update: () => "Every weight and bias moves against its gradient.",
  };

  function inPython(x) {
    // a float as Python's repr has it
    if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
    const size = Math.abs(x), [mantissa, exponent] = x.toExponential().split("e");
    if (size && (size < 1e-4 || size >= 1e16)) return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
    return Number.isInteger(x) ? `${Object.is(x, -0) ? "-0" : x}.0` : String(x);
  }

  const layerOf = ({ layer }) => graph.layers.layers[layer];
  const filledIn = (code, own) => code.replace(/\{(\w+)\}/g, (_, name) => `[${own[name].map(inPython).join(", ")}]`);

  return {
    lines(step) {
      if (step.kind !== "layer loss") return step.lines;
      const { d_a } = numbers(layerOf(step)), { by_output } = layerOf(step).symbols;
      const found = [[root, sign(values.at(-1)), inDecimals(values.at(-1))], [`∂${root}/∂${root}`, "=", "1.0"]];
      return step.steps.length ? [...found, [by_output, sign(...d_a), d_a.map(inDecimals).join(", ")]] : found;
    },
    blocks(step) {
      const layer = layerOf(step), own = numbers(layer), upper = step.upper === null ? null : numbers(graph.layers.layers[step.upper]);
      const code = filledIn(step.code, own).split("\n").map((line) => `    ${line}`).join("\n");
      return [...BLOCKS[step.kind.slice(6)](layer, own, upper, step.steps), code];
    },
    sentence: (step) => SENTENCES[step.kind.slice(6)](layerOf(step), numbers(layerOf(step))),
  };
}
