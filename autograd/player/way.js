// What the pointer is on lights its way to the result, and says what it computes; a click goes to the step that does.

function chainruleWay(root, stage, hint, { graph, touched, steps, go, told }) {
  let lit = [];

  function place(element) {
    // the node or the edge that a part of the picture stands for: of a neuron its result
    const found = element.closest?.(".node[data-n], .edge[data-n], .edge[data-e]");
    if (!found) return null;
    const edges = (found.dataset.e || "").split(" ").filter(Boolean);
    return { found, node: found.dataset.n === undefined ? null : Number(found.dataset.n.split(" ")[0]), edges };
  }

  function way(from, edges) {
    // all nodes and edges between it and the result
    const nodes = new Set(from), crossed = new Set(edges);
    graph.nodes.forEach(({ args = [] }, k) =>
      args.forEach((i, index) => {
        if (!nodes.has(i) || (edges.length && from.includes(i))) return;
        nodes.add(k);
        crossed.add(`${k}-${index}`);
      }));
    for (const edge of edges) nodes.add(Number(edge.split("-")[0]));
    return [...[...nodes].map((k) => "n" + k), ...[...crossed].map((edge) => "e" + edge)];
  }

  function leave() {
    for (const element of lit) element.classList.remove("way");
    lit = [];
    hint.textContent = "";
  }

  function enter(element) {
    leave();
    const here = place(element);
    if (!here || !graph) return;
    const senders = here.edges.map((edge) => Number(edge.split("-")[0]));
    const keys = here.node === null ? way(senders, here.edges) : way([here.node], []);
    lit = keys.flatMap((key) => touched.get(key) || []);
    for (const part of lit) part.classList.add("way");
    hint.textContent = told(here.node ?? senders[0], here.node === null ? here.edges[0] : "");
  }

  function target({ node, edges }) {
    const backward = (holds) => steps().findLastIndex((step) => step.k === "b" && holds(step));
    if (node === null) return backward((step) => edges.some((edge) => step.e.includes(edge)));
    const computed = steps().findIndex((step) => step.k === "f" && step.n[0] === node && step.n.length === 1);
    const receives = backward((step) => step.c.some(([key]) => key === `g${node}`));
    return (root.dataset.phase === "f" || receives < 0) && computed >= 0 ? computed : receives;
  }

  stage.addEventListener("pointerover", (event) => enter(event.target));
  stage.addEventListener("pointerleave", leave);
  stage.addEventListener("focusin", (event) => enter(event.target));
  stage.addEventListener("focusout", leave);
  stage.addEventListener("click", (event) => {
    const here = place(event.target), step = here && !here.found.dataset.dragged ? target(here) : -1;
    if (step >= 0) go(step);
  });
}
