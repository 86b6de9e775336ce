// The numbers that a reader may move: by dragging a leaf in the picture or its name in the list, by the arrow keys up
// and down, or by typing. `moved(leaves)` is told of each change; what it throws is said at the field.

function chainruleLeaves(graph, make, moved) {
  const given = graph.nodes.map(({ data }) => data), leaves = given.slice();
  const free = graph.leaves; // those that are no constants, in the order of a reader
  const fields = new Map(), handles = new Map();
  const PIXELS = 8; // of dragging move a number by one step

  const step = (x) => (Math.abs(x) >= 10 ? 1 : Math.abs(x) >= 1 ? 0.1 : 0.05);
  const by = (x, steps) => Number((x + steps * step(x)).toFixed(10));
  const text = (x) => String(Object.is(x, -0) ? 0 : x); // in full, for links
  const brief = (x) => text(Number(x.toPrecision(6))); // in a field

  function read(typed) {
    const plain = typed.trim().replaceAll("−", "-").replace(",", ".");
    if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain)) throw new RangeError(plain ? `${typed.trim()} is no number` : "type a number");
    const x = Number(plain);
    if (!Number.isFinite(x)) throw new RangeError(`${typed.trim()} is more than a number can hold (1.8e308)`);
    return x;
  }

  function set(changes) {
    // all or nothing: the numbers stay as they are where the graph cannot be computed with the new ones
    const before = leaves.slice();
    for (const [k, x] of changes) leaves[k] = x;
    try {
      moved(leaves);
    } catch (error) {
      leaves.splice(0, leaves.length, ...before);
      throw error;
    }
    show();
  }

  function show(except) {
    for (const [k, { input, problem }] of fields) {
      if (input !== except) input.value = brief(leaves[k]);
      input.removeAttribute("aria-invalid");
      problem.textContent = "";
    }
    for (const [k, elements] of handles)
      for (const element of elements) {
        element.setAttribute("aria-valuenow", leaves[k]);
        element.setAttribute("aria-valuetext", `${graph.nodes[k].name} = ${brief(leaves[k])}`);
      }
    undo.disabled = !changed().length;
  }

  function attempt(k, x) {
    const { input, problem } = fields.get(k);
    try {
      set([[k, typeof x === "string" ? read(x) : x]]);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      input.setAttribute("aria-invalid", "true");
      problem.textContent = `${error.message}; the page keeps ${graph.nodes[k].name} = ${brief(leaves[k])}`;
    }
  }

  function nudge(event, k) {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return false;
    event.preventDefault();
    attempt(k, by(leaves[k], way * (event.shiftKey ? 10 : 1)));
    return true;
  }

  function drag(element, k) {
    element.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const start = leaves[k], from = event.clientX;
      let steps = 0, far = false;
      element.setPointerCapture(event.pointerId);
      const move = ({ clientX, clientY }) => {
        far ||= Math.abs(clientX - from) > 3;
        const now = Math.round((clientX - from) / PIXELS);
        if (now !== steps) attempt(k, by(start, (steps = now)));
      };
      const up = () => {
        element.removeEventListener("pointermove", move);
        element.dataset.dragged = far ? "1" : "";
      };
      element.addEventListener("pointermove", move);
      element.addEventListener("pointerup", up, { once: true });
      element.addEventListener("pointercancel", up, { once: true });
    });
  }

  function grip(element, k) {
    // an element of the picture that stands for this leaf alone
    handles.set(k, [...(handles.get(k) || []), element]);
    const { name } = graph.nodes[k];
    for (const [key, value] of Object.entries({ tabindex: 0, role: "spinbutton", "aria-label": name })) element.setAttribute(key, value);
    element.classList.add("cr-leaf");
    element.append(title(`${name}: drag it to the side, press ↑ or ↓, or Enter to type`));
    element.addEventListener("keydown", (event) => {
      if (nudge(event, k)) event.stopPropagation();
      else if (event.key === "Enter") type(k);
    });
    element.addEventListener("dblclick", () => type(k));
    drag(element, k);
  }

  function title(words) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", "title");
    made.textContent = words;
    return made;
  }

  function type(k) {
    panel.open = true;
    fields.get(k).input.focus();
    fields.get(k).input.select();
  }

  const changed = () => free.filter((k) => !Object.is(leaves[k], given[k]));
  const undo = make("button", { type: "button", class: "cr-word", disabled: "" }, "Back to the numbers given");
  undo.addEventListener("click", () => set(free.map((k) => [k, given[k]])));
  const grid = make("div", { class: "cr-grid" });
  for (const k of free) {
    const input = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", size: 8, value: brief(given[k]) });
    const problem = make("span", { class: "cr-problem", role: "alert" }), name = make("span", { class: "cr-name" }, graph.nodes[k].name);
    input.addEventListener("input", () => attempt(k, input.value));
    input.addEventListener("keydown", (event) => nudge(event, k));
    input.addEventListener("blur", () => show());
    drag(name, k);
    fields.set(k, { input, problem });
    grid.append(make("label", {}, name, input, problem));
  }
  const panel = make("details", { class: "cr-leaves" }, make("summary", {}, "Numbers: drag, type, or press ↑ and ↓"), grid, undo);

  // the numbers that were moved, in a link: &n3=2.5
  const link = () => changed().map((k) => `&n${k}=${text(leaves[k])}`).join("");

  function fromLink(part) {
    // whether the link's numbers could be taken; one that is broken changes nothing
    const wanted = new Map(given.entries());
    for (const [, k, typed] of part.matchAll(/&n(\d+)=([^&]*)/g)) {
      if (!free.includes(Number(k))) return false;
      try {
        wanted.set(Number(k), read(decodeURIComponent(typed)));
      } catch {
        return false;
      }
    }
    if (![...wanted].some(([k, x]) => !Object.is(x, leaves[k]))) return true;
    try {
      set(wanted);
    } catch {
      return false;
    }
    return true;
  }

  function take(found) {
    // other numbers from outside, to which "Back to the numbers given" goes back from now on
    for (const k of free) given[k] = found[k];
    set(free.map((k) => [k, found[k]]));
  }

  return { take, panel, grip, free, link, fromLink, leaves, show };
}
