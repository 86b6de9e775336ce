// What a step says, as in `autograd/walking/steps`: numbers, names, formulas and one plain sentence.

const NUDGE = 0.01, TERMS = 6, NOISE = 1e-13;

function even(size, digits, write) {
  // so many digits of it; a tie goes to the even digit, as in Python, and not up, as in JavaScript
  const longer = write(size, digits + 30), [mantissa, exponent] = longer.split("e"), kept = mantissa.slice(0, -30);
  if (!/^50*$/.test(mantissa.slice(-30)) || kept.at(-1) % 2) return write(size, digits);
  return kept + (exponent ? `e${exponent}` : "");
}

function inDecimals(x) {
  // four decimals, trailing zeros dropped, and never a 0.0 that is not zero: notation/numbers.py
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "∞" : "−∞";
  const size = Math.abs(x), fixed = (y, digits) => y.toFixed(digits), raised = (y, digits) => y.toExponential(digits);
  let text;
  if (size >= 1e9 || (size > 0 && size < 1e-5)) {
    const [mantissa, exponent] = even(size, size < 1 ? 1 : 4, raised).split("e");
    text = `${mantissa}e${exponent[0].replace("-", "−")}${exponent.slice(1).padStart(2, "0")}`;
  } else if (size > 0 && size < 1e-3) text = even(size, 5, fixed).replace(/0+$/, "");
  else text = even(size, 4, fixed).replace(/0+$/, "").replace(/\.$/, ".0");
  return (x < 0 ? "−" : "") + text;
}

const isNegative = (text) => text.startsWith("−");
const enclosed = (x) => (isNegative(inDecimals(x)) ? `(${inDecimals(x)})` : inDecimals(x));
const same = (text, other) => text.replace(/\.0$/, "") === other.replace(/\.0$/, "");

function sign(...numbers) {
  const rounded = numbers.some((x) => {
    const shown = Number(inDecimals(x).replaceAll("−", "-").replace("∞", "Infinity"));
    return Number.isFinite(x) && shown !== x && !(Math.abs(shown - x) <= NOISE * Math.max(Math.abs(shown), Math.abs(x)));
  });
  return rounded ? "≈" : "=";
}

function filled(template, texts) {
  // "{0}" is the first number, "{0-(}" a parenthesis where it is negative or no single word: see program.py
  return template.replace(/\{(\d+)(?:([-+~])([()]))?\}/g, (_, place, when, parenthesis) => {
    const text = texts[place], kind = isNegative(text) ? "-~" : /[ ·+−*/()=]/.test(text) ? "-+" : "";
    return parenthesis ? (kind.includes(when) ? parenthesis : "") : text;
  });
}

function listed(names) {
  let texts = [...new Set(names)];
  if (texts.length > TERMS) texts = [...texts.slice(0, 3), "…", texts.at(-1)];
  return texts.length > 1 ? `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}` : texts.join("");
}

function ends(parts, gap = "…") {
  return parts.length <= TERMS ? parts : [...parts.slice(0, 3), gap, ...parts.slice(-2)];
}

function why(graph, reasons) {
  const kinds = new Map();
  for (const reason of once(reasons)) kinds.set(reason.kind, [...(kinds.get(reason.kind) || []), reason]);
  const together = ([kind, found]) => {
    const alike = new Set(found.map((reason) => reason.text)).size === 1 || !(kind in graph.words.several);
    return alike ? found[0].text : graph.words.several[kind].replace("{names}", listed(found.map((reason) => reason.name)));
  };
  return [...kinds].map(together).join(", and ");
}

// the lines of a step: [left, sign, right] each; and its sentence
function chainruleSay(graph, record) {
  const { nodes } = graph, { values, operands } = record;
  const root = nodes.at(-1).name;
  const called = (k) => (k < nodes.length ? nodes[k] : graph.others[k - nodes.length]).name;
  const partial = (by, of = root) => `∂${of}/∂${by}`;
  const written = (k) => [...nodes[k].args.map((i, j) => (nodes[i].literal ? nodes[i].name : inDecimals(operands[k][j]))), inDecimals(values[k])];
  const seen = (k) => [values[k], ...operands[k]];

  function arithmetic(k) {
    // bias first, as it is computed, where the textbook's order gives another number
    const { template, products } = nodes[k], texts = written(k), numbers = operands[k];
    if (products === undefined) return filled(graph.templates[template], texts);
    const half = (numbers.length - 1) / 2, bias = numbers.at(-1);
    let total = 0;
    for (let i = 0; i < half; i++) total += numbers[i] * numbers[half + i];
    const isOther = inDecimals(total + bias) !== inDecimals(values[k]);
    return isOther ? `${texts.at(-2)} + ${filled(graph.templates[products], texts)}` : filled(graph.templates[template], texts);
  }

  function local(step) {
    const [, symbols, template] = nodes[step.node].by[step.place], result = inDecimals(step.local);
    const both = symbols === null ? [] : [symbols, filled(graph.templates[template], written(step.node))];
    const texts = both.filter((text) => !same(text, result));
    let right = texts[0] ?? "";
    if (texts.length === 2) right += ` ${sign(...seen(step.node))} ${texts[1]}`;
    if (texts.length) right += ` ${sign(step.local)} ${result}`;
    return [partial(called(step.target), called(step.node)), "=", right || result];
  }

  const chain = (step) => [
    `${partial(called(step.node))} · ${partial(called(step.target), called(step.node))}`,
    `${inDecimals(step.upstream)} · ${enclosed(step.local)}`,
  ];

  const LINES = {
    forward: ({ node, after }) => [
      [called(node), "=", nodes[node].formula],
      ["", sign(...operands[node]), arithmetic(node)],
      ["", sign(after), inDecimals(after)],
    ],
    loss: ({ node, after }) => [
      [root, sign(values[node]), inDecimals(values[node])],
      [partial(root), "=", inDecimals(after)],
    ],
    backward(step) {
      const [names, numbers] = chain(step), { before, sent, after } = step, mark = sign(before, sent, after);
      const total = ["total", mark, `${inDecimals(before)} + ${enclosed(sent)} ${mark} ${inDecimals(after)}`];
      return [
        [partial(called(step.target)), step.parts === 1 ? "=" : "+=", names],
        ["", sign(step.upstream, step.local), numbers],
        ["", sign(sent), inDecimals(sent)],
        ...(step.part === 1 ? [] : [total]),
        local(step),
      ];
    },
    total(step) {
      const shown = ends(step.steps.map(chain), ["…", "…"]);
      const numbers = shown.map(([, text], i) => (i && isNegative(text) ? `(${text})` : text)).join(" + ");
      const locals = step.steps.map(local);
      return [
        [partial(called(step.target)), "=", shown.map(([text]) => text).join(" + ")],
        ["", sign(...step.steps.flatMap((inner) => [inner.upstream, inner.local])), numbers],
        ["", sign(step.after), inDecimals(step.after)],
        ...(locals.length <= TERMS ? locals : locals.slice(0, 2)),
      ];
    },
    zeros({ steps }) {
      const targets = [...new Set(steps.map((inner) => called(inner.target)))].map((name) => partial(name));
      return [[ends(targets).join(", "), steps.every((inner) => inner.parts === 1) ? "=" : "+=", inDecimals(0)]];
    },
    update: ({ node, before, upstream, local: slope, after }) => [
      [called(node), "←", `${called(node)} − η · ${partial(called(node))}`],
      ["", sign(before, upstream, slope), `${inDecimals(before)} − ${inDecimals(upstream)} · ${enclosed(slope)}`],
      ["", sign(after), inDecimals(after)],
    ],
    new({ before, after }) {
      const mark = sign(before, after);
      return [
        [`new ${root}`, sign(after), inDecimals(after)],
        ["change", mark, `${inDecimals(after)} − ${enclosed(before)} ${mark} ${inDecimals(after - before)}`],
      ];
    },
  };

  const SENTENCES = {
    forward({ node }) {
      const { words } = graph, { name } = graph.ops[nodes[node].op], names = nodes[node].args.map(called);
      const text = name === "relu" ? words.relu[operands[node][0] > 0 ? 1 : 0] : words.forward[name] ?? words.forward[""];
      const parts = { name: called(node), operands: listed(names), first: names[0] };
      return text.replace(/\{(\w+)\}/g, (_, part) => parts[part]);
    },
    loss: () => `The way back starts here: ${root} moves exactly as much as ${root} itself.`,
    backward(step) {
      if (!step.blocked.length) return arrival(step);
      return `Nothing passes from ${called(step.node)} to ${called(step.target)}: ${why(graph, step.blocked)}.`;
    },
    total(step) {
      const nothing = step.blocked.length && step.after === 0;
      return nothing ? `${called(step.target)} gets nothing: ${why(graph, step.blocked)}.` : arrival(step);
    },
    zeros: ({ steps, blocked }) => `${steps.length} contributions are zero: ${why(graph, blocked)}.`,
    update({ node, before, after, local: slope }) {
      const name = called(node);
      if (!Number.isFinite(after)) return `${name} becomes ${inDecimals(after)}: its gradient is ${inDecimals(slope)}.`;
      if (after === before) return `${name} stays as it is: ${slope === 0 ? "its gradient is 0" : "the step is too small to move it"}.`;
      return `${name} ${after > before ? "rises" : "falls"}: its gradient is ${slope < 0 ? "negative" : "positive"}.`;
    },
    new({ before, after }) {
      const verb = !Number.isFinite(after) ? "is lost" : after < before ? "fell" : after > before ? "rose" : "stayed as it was";
      return `After the update ${root} ${verb}: ${inDecimals(before)} before, ${inDecimals(after)} now.`;
    },
  };

  function arrival({ node, target, part, parts, after }) {
    const name = called(target);
    if (part < parts) {
      const waits = nodes[target].op === undefined ? "" : " It waits for the rest before it sends anything on.";
      return `${part} of ${parts} contributions to ${name} ${part === 1 ? "has" : "have"} arrived.${waits}`;
    }
    if (!Number.isFinite(values[node])) return `${called(node)} is ${inDecimals(values[node])}: no gradient that comes through it means anything.`;
    const last = parts > 1 ? `${parts === 2 ? "Both" : `All ${parts}`} contributions have arrived. ` : "";
    return last + nudge(name, after);
  }

  function nudge(name, slope) {
    if (!Number.isFinite(slope)) return `The gradient of ${name} is ${inDecimals(slope)}: no step along it is small enough.`;
    if (slope === 0) return `A small change of ${name} leaves ${root} as it is.`;
    return `Raise ${name} by ${inDecimals(NUDGE)} and ${root} ${slope > 0 ? "rises" : "falls"} by about ${inDecimals(Math.abs(NUDGE * slope))}.`;
  }

  const layers = graph.layers && chainruleSayLayers(graph, record), isLayer = ({ layer }) => layer !== undefined;
  return {
    lines: (step) => (isLayer(step) ? layers.lines(step) : LINES[step.kind](step)),
    blocks: (step) => (isLayer(step) ? layers.blocks(step) : []),
    sentence: (step) => (isLayer(step) ? layers.sentence(step) : SENTENCES[step.kind](step)),
  };
}

// what a step lights up and changes in the picture: walking/steps/step.py, `lights` and `changes`
function chainruleShow(graph, step) {
  const nodes = new Set(), edges = new Set(), changes = new Map();
  const number = (k, x) => changes.set(`d${k}`, inDecimals(x));
  const single = (inner) => (inner.steps?.length ? inner.steps.flatMap(single) : [inner]);
  const seed = (k) => changes.set(`g${k}`, "1.0").set(`s${k}`, "final");
  if (step.kind === "layer loss") seed(step.node);
  for (const { kind, node, target, index, after, blocked, part, parts, closed, numbers } of single(step)) {
    if (node < graph.nodes.length) nodes.add(node);
    if (kind === "forward") graph.nodes[node].args.forEach((_, i) => edges.add(`${node}-${i}`));
    if (kind === "forward" || (kind === "update" && nodes.has(node))) number(node, after);
    if (closed) changes.set(`s${node}`, "closed");
    if (kind === "loss") seed(node);
    if (kind === "new") numbers.forEach((x, k) => graph.nodes[k].op !== undefined && number(k, x));
    if (kind !== "backward") continue;
    nodes.add(target);
    edges.add(`${node}-${index}`);
    changes.set(`g${target}`, inDecimals(after) + (part === parts ? "" : ` (${part} of ${parts})`));
    changes.set(`s${target}`, part < parts ? "partial" : after === 0 ? "dead" : "final");
    changes.set(`x${node}-${index}`, blocked.length ? "blocked" : "sent");
  }
  return { n: [...nodes], e: [...edges], c: [...changes] };
}

// steps as the player takes them: what lights up and changes, the number to predict, and texts, made when they are read
function chainruleEntries(graph, record) {
  const say = chainruleSay(graph, record), { nodes } = graph;
  const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const markup = (lines) => {
    const width = Math.max(...lines.map(([left]) => left.length));
    return lines.map(([left, sign, right]) => `${escape(left.padEnd(width))} <span>${sign}</span> ${escape(right)}`).join("\n");
  };
  return record.steps.map((step) => {
    const entry = { k: step.phase, ...chainruleShow(graph, step) }, { answer, target, part, parts, after } = step;
    if (Number.isFinite(answer)) entry.a = answer;
    if (step.kind === "backward" && part === parts && parts > 1 && "a" in entry && Number.isFinite(after)) entry.t = after;
    if (step.phase === "b" && "a" in entry && nodes[target].op === undefined && part === parts) entry.m = -Math.sign(after);
    const texts = { lines: () => [markup(say.lines(step)), ...say.blocks(step).map(escape)].join("\n\n"), words: () => say.sentence(step) };
    for (const [name, made] of Object.entries(texts)) {
      let text;
      Object.defineProperty(entry, name, { get: () => (text ??= made()) });
    }
    return entry;
  });
}

function chainruleLike(steps, old, place) {
  // where the step is that `old` was, alone or among others; else as far as it was
  const key = ({ kind, node, target, index }) => [kind, node, target, index].join(" ");
  const keys = (step) => [key(step), ...(step.steps || []).flatMap(keys)];
  if (!old) return Math.max(0, place);
  const wanted = new Set(keys(old)), found = steps.findIndex((step) => keys(step).some((one) => wanted.has(one)));
  return found < 0 ? Math.min(place, steps.length - 1) : found;
}
