// The walk once more, in the page: from the leaves' numbers to all steps, by the rules of `autograd/walking`, to whose
// texts a test holds them. `graph` is a flat program (see `program.py`), `code` its operations, written from the table.

const NOTHING = { valueOf: () => 0 }; // passes nothing, whatever it is multiplied with: operations/arithmetic.py
const CANCELLED = { kind: "cancelled", name: "", text: "its contributions cancel each other" };
const times = (a, b) => (a === NOTHING || b === NOTHING ? 0 : a * b);
const once = (reasons) => [...new Map(reasons.map((r) => [`${r.kind} ${r.name} ${r.text}`, r])).values()];

function chainruleForward(graph, code, leaves) {
  // the numbers of all nodes; throws where an operation does not take them
  const values = [];
  for (const [k, { op, args }] of graph.nodes.entries()) {
    if (op === undefined) {
      values.push(leaves[k]);
      continue;
    }
    const operands = args.map((i) => values[i]), index = operands.at(-1);
    if (graph.ops[op].last && !(Number.isInteger(index) && index >= 0 && index < operands.length - 1))
      throw new RangeError(`${graph.nodes[args.at(-1)].name} chooses one of ${operands.length - 1}: take 0 to ${operands.length - 2}`);
    values.push(code[op].value(operands));
  }
  return values;
}

function chainruleRecord(graph, code, leaves) {
  const { nodes } = graph, count = nodes.length, root = count - 1;
  const values = chainruleForward(graph, code, leaves);
  const operands = nodes.map((node) => (node.args || []).map((i) => values[i]));
  const locals = nodes.map((node, k) => {
    if (node.op === undefined) return [];
    const found = code[node.op].slopes(operands[k], values[k]);
    return node.by.map(([index]) => found[index]);
  });
  const grads = new Array(count).fill(0);
  const edges = [...sweep()];
  return { values, operands, locals, grads, steps: graph.layers ? byLayer() : byNode() };

  function byNode() {
    const loss = { kind: "loss", phase: "l", node: root, before: 0, after: 1 };
    const moves = updates();
    return [...forward(), loss, ...folded(graph.by === "node" ? totals(edges) : edges), ...moves, ...ending(moves)];
  }

  function byLayer() {
    const moves = updates();
    return [...chainruleLayerSteps(graph, forward(), totals(edges), moves), ...ending(moves)];
  }

  function forward() {
    const computed = [...nodes.keys()].filter((k) => nodes[k].op !== undefined);
    const isClosed = (k) => !locals[k].some((local) => Number(local) !== 0);
    return computed.map((k) => ({ kind: "forward", phase: "f", node: k, after: values[k], answer: values[k], closed: isClosed(k) }));
  }

  // the backward sweep of walking/record_edges.py, one edge a step
  function* sweep() {
    const parts = new Array(count).fill(0), arrived = new Array(count).fill(0), behind = new Array(count).fill([]);
    for (const node of nodes) for (const [index] of node.by || []) parts[node.args[index]] += 1;
    const reached = new Set([root]);
    grads[root] = 1;
    for (let k = root; k >= 0; k--) {
      const upstream = reached.has(k) ? grads[k] : NOTHING;
      for (const [place, [index]] of (nodes[k].by || []).entries()) {
        const target = nodes[k].args[index], local = locals[k][place], before = grads[target], sent = times(local, upstream);
        if (reached.has(k) && !graph.ops[nodes[k].op].flat) reached.add(target);
        const after = (grads[target] = before + sent);
        const blocked = reasons(k, index, local, upstream, behind[k]);
        const told = [...behind[target], ...handedOn(blocked, behind[k])];
        behind[target] = after === 0 ? told : [];
        arrived[target] += 1;
        yield { kind: "backward", phase: "b", node: k, target, index, place, local: +local, upstream: +upstream, sent, before, after,
          part: arrived[target], parts: parts[target], blocked, answer: sent };
      }
    }
  }

  function handedOn(blocked, behind) {
    const told = once([...blocked, ...behind].filter((reason) => reason.kind !== "behind"));
    return blocked.length ? told.slice(0, 8) : [CANCELLED];
  }

  // why a contribution is zero: walking/steps/zero_reasons.py
  function reasons(k, index, local, upstream, behind) {
    const product = times(local, upstream), { name } = nodes[k], found = [];
    if (product !== 0) return found; // nan is not 0
    if (+local === 0) found.push(here(k, index));
    if (+upstream === 0) found.push(arrived(name, behind));
    if (!found.length) found.push({ kind: "underflow", name, text: "the product is too small for a floating-point number" });
    return found;
  }

  function arrived(name, behind) {
    const brief = (reason) => (reason.kind === "gate" ? `the gate at ${reason.name} is closed` : reason.text);
    const roots = [...new Set(behind.filter((reason) => reason.kind !== "behind").map(brief))];
    const shown = roots.slice(0, 2).join(", ") + (roots.length > 2 ? ` and ${roots.length - 2} more such` : "");
    return { kind: "behind", name, text: `nothing arrived at ${name}${shown && ": " + shown}` };
  }

  function here(k, index) {
    const { name, args } = nodes[k], op = graph.ops[nodes[k].op], x = nodes[args[index]];
    const n = args.length, half = Math.floor(n / 2), paired = op.name === "dot" && index < 2 * half;
    if (op.name === "mul" || paired) {
      const other = nodes[args[op.name === "mul" ? 1 - index : (index + half) % (2 * half)]];
      return { kind: "factor", name: other.name, text: `it is multiplied with ${other.literal ? "0" : `${other.name} = 0`}` };
    }
    if (op.flat) return { kind: "flat", name, text: `${op.name} is flat, its derivative is 0` };
    if (op.chooses) return { kind: "unchosen", name: x.name, text: `${name} is not ${x.name} but another of its operands` };
    const at = x.literal ? x.name : `${x.name} = ${inDecimals(operands[k][index])}`;
    const gate = op.name === "relu" ? `the gate ${name} = ReLU(${x.name}) is closed: ${at} is not above 0` : `${op.symbol}′ is 0 at ${at}`;
    return { kind: "gate", name, text: gate };
  }

  function totals(edges) {
    const sent = new Map();
    for (const step of edges) sent.has(step.target) ? sent.get(step.target).push(step) : sent.set(step.target, [step]);
    return [...sent.keys()].sort((a, b) => b - a).map((k) => {
      const inner = sent.get(k), last = inner.at(-1);
      const cancel = last.after === 0 && !inner.every((step) => step.blocked.length);
      const blocked = cancel ? [CANCELLED] : once(inner.flatMap((step) => step.blocked));
      return { ...last, kind: "total", before: 0, part: last.parts, blocked, steps: inner, answer: last.after };
    });
  }

  function folded(steps) {
    // each run of zeros as one step; a gate that has just closed stays a step of its own
    const found = [];
    let run = [];
    function fold() {
      const blocked = once(run.flatMap((step) => step.blocked));
      if (run.length > 1) run = [{ ...run[0], kind: "zeros", before: 0, after: 0, part: 1, parts: 1, blocked, steps: run, answer: undefined }];
      found.push(...run);
      run = [];
    }
    for (const step of steps) {
      const nothing = step.blocked.length && (step.kind === "backward" || step.after === 0);
      if (nothing && !(step.upstream && step.blocked.some((reason) => reason.kind === "gate"))) run.push(step);
      else (fold(), found.push(step));
    }
    fold();
    return found;
  }

  function updates() {
    if (!graph.updates) return [];
    return graph.updates.map((k) => {
      const before = k < count ? values[k] : graph.others[k - count].data, local = k < count ? grads[k] : 0;
      const after = before - graph.rate * local;
      return { kind: "update", phase: "u", node: k, before, after, upstream: graph.rate, local, answer: after };
    });
  }

  function ending(moves) {
    if (!graph.updates) return [];
    const moved = leaves.slice();
    for (const step of moves) if (step.node < count) moved[step.node] = step.after;
    const numbers = chainruleForward(graph, code, moved);
    return [{ kind: "new", phase: "l", node: root, before: values[root], after: numbers[root], numbers }];
  }
}
