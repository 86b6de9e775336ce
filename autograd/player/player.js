// The player of a walk. `root` holds a picture, a list of all steps and their changes as JSON; this turns the picture
// into a stage and adds the formula and the controls. Nothing is loaded, and nothing outside `root` is touched.
//
// A change is [key, text]: "d12" the number of node 12, "g12" its gradient, "s12" its state, "x12-0" the state of the
// edge from its operand 0. Going forward writes the new texts, going back the old ones; going far adds up first.

function chainruleWalk(root, code) {
  "use strict";
  const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  if (root.dataset.live || !data.steps.length) return;
  for (const node of [...(data.graph?.nodes ?? []), ...(data.graph?.others ?? [])]) node.data = Number(node.data);
  root.dataset.live = "1";
  const list = root.querySelector("details");
  let items = [...list.querySelectorAll("li")], steps = data.steps;
  for (const [i, item] of items.entries()) {
    item.removeAttribute("id"); // a link to a step now means the player, not the list
    Object.assign(steps[i], { lines: item.querySelector("pre").innerHTML, words: item.querySelector("p").textContent });
  }
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const IS_LAYERED = root.dataset.by === "layer";
  const FIRST = IS_LAYERED ? -1 : 0; // by layer one begins before the first step, with an empty picture
  const BLANK = { k: "w", n: [], e: [], c: [], lines: "", words: "Nothing is computed yet. Values will fill in from left to right, layer by layer, then gradients from right to left." };
  const WORDS = { w: "Waiting", f: "Forward", l: "Loss", b: "Backward", u: "Update" };
  const SPEEDS = [["0.5", 3200], ["1", 1600], ["2", 800], ["4", 400]];
  const LEAST = 0.92; // of a picture's size: its text of 12 pixels must stay readable
  const LONG = 20; // characters; a longer left side takes the whole width, with its line
  const FRAME = 760; // pixels; how high a frame counts, whatever it is
  let at = -1, timer = 0, zoom = 1;

  // ── small helpers ──────────────────────────────────────────────────────────────────────────────────────────────
  const make = chainruleElement;

  function button(label, path, action) {
    const icon = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;
    const made = make("button", { type: "button", "aria-label": label, title: label });
    made.innerHTML = icon;
    made.addEventListener("click", action);
    return made;
  }

  // ── the stage ──────────────────────────────────────────────────────────────────────────────────────────────────
  const stage = make("div", { class: "cr-stage" });
  const targets = new Map(); // key of a change -> the elements it changes
  const touched = new Map(); // "n12" or "e12-0" -> the elements to light up
  const views = [];

  function remember(map, key, element) {
    map.has(key) ? map.get(key).push(element) : map.set(key, [element]);
  }

  function addView(name, text) {
    const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    for (const extra of svg.querySelectorAll("style")) extra.remove(); // it would colour the whole page
    const [width, height] = svg.getAttribute("viewBox").split(" ").slice(2).map(Number);
    svg.removeAttribute("width");
    svg.removeAttribute("height");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", data.alt);
    for (const element of svg.querySelectorAll("[data-k]")) remember(targets, element.dataset.k, element);
    for (const element of svg.querySelectorAll("[data-n]"))
      for (const node of element.dataset.n.split(" ")) {
        remember(touched, "n" + node, element);
        if (element.matches(".node")) remember(targets, "s" + node, element);
      }
    for (const element of svg.querySelectorAll("[data-also]")) remember(touched, "n" + element.dataset.also, element);
    for (const element of svg.querySelectorAll("[data-e]"))
      for (const edge of element.dataset.e.split(" ")) {
        remember(touched, "e" + edge, element);
        remember(targets, "x" + edge, element);
      }
    turn(svg);
    views.push({ name, svg, width, height });
    stage.append(svg);
  }

  const image = root.querySelector("img");
  if (image) {
    const bytes = Uint8Array.from(atob(image.src.split(",")[1]), (c) => c.charCodeAt(0));
    addView(data.view, new TextDecoder().decode(bytes));
    for (const [name, text] of Object.entries(data.views)) addView(name, text);
    image.remove();
  }
  root.querySelector(".cr-run")?.remove();
  let shown = 0;

  let tallest = 0; // so that the buttons do not jump from step to step

  function keepHeight() {
    main.style.minHeight = "";
    tallest = Math.max(tallest, main.offsetHeight);
    main.style.minHeight = tallest + "px";
  }

  function layOut() {
    tallest = 0;
    if (!views.length) return;
    const { width, height } = views[shown]; // a picture that is not very wide has the words beside it
    const share = (IS_LAYERED ? 0.45 : 0.55) * root.clientWidth - 50; // of the width, for the picture
    root.classList.toggle("beside", root.clientWidth >= 900 && width < 2.2 * height && LEAST * width <= share);
    views.forEach((view, i) => {
      view.svg.style.display = i === shown ? "" : "none";
      const most = parseFloat(getComputedStyle(stage).maxHeight) || Infinity;
      const fit = Math.min(1.25, (stage.clientWidth - 16) / view.width, (most - 16) / view.height);
      view.svg.style.width = Math.max(fit, LEAST) * zoom * view.width + "px"; // smaller nobody could read it
    });
    root.style.setProperty("--zoom", zoom);
    if (at >= 0) keepHeight();
  }

  // ── changes ────────────────────────────────────────────────────────────────────────────────────────────────────
  const first = (key) => (key[0] === "s" ? "waiting" : key[0] === "x" ? "" : "·");

  const known = new Map(); // the texts of all keys that were ever changed, as they stand now

  function begin(start) {
    // the picture as it stands before the first step, and what each step changes there
    const now = new Map(Object.entries(start));
    for (const step of steps)
      step.p = step.c.map(([key, text]) => {
        const old = now.has(key) ? now.get(key) : first(key);
        now.set(key, text);
        return [key, old];
      });
    for (const key of [...known.keys(), ...now.keys()]) write(key, start[key] ?? first(key));
  }

  function setState(element, key, text) {
    // an element may stand for several nodes or edges: it shows the last of them that anything has reached
    element.states ??= new Map();
    element.states.set(key, text);
    const places = (element.dataset.e || element.dataset.n).split(" ").map((place) => element.states.get(key[0] + place));
    element.dataset.state = places.findLast((state) => state && state !== "waiting") ?? first(key);
  }

  function write(key, text) {
    known.set(key, text);
    for (const element of targets.get(key) || []) {
      if (key[0] === "d" || key[0] === "g") {
        const value = "short" in element.dataset ? text.split(" (")[0] : text;
        element.textContent = (element.dataset.p || "") + value;
        element.classList.toggle("none", text === "·");
      } else setState(element, key, text);
    }
  }

  function apply(from, to) {
    const pending = new Map();
    for (let i = from + 1; i <= to; i++) for (const [key, text] of steps[i].c) pending.set(key, text);
    for (let i = from; i > to; i--)
      for (let j = steps[i].p.length; j--; ) pending.set(...steps[i].p[j]);
    for (const [key, text] of pending) write(key, text);
  }

  let lit = [];

  function light(step) {
    for (const element of lit) element.classList.remove("on", "f", "l", "b", "u");
    const keys = [...step.n.map((n) => "n" + n), ...step.e.map((e) => "e" + e)];
    lit = keys.flatMap((key) => touched.get(key) || []);
    for (const element of lit) element.classList.add("on", step.k);
  }

  function turn(svg) {
    // for gradients an arrow head at the other end of each edge, or a cross; the style sheet says when which shows
    const heads = { head: '<path class="tip" d="M8 0L0 4l8 4z"/>', cross: '<path class="cross" transform="translate(2)" d="M0 1l6 6M6 1L0 7"/>' };
    const id = (name) => `${root.id}-${name}-${views.length}`;
    const marker = ([name, path]) => `<marker id="${id(name)}" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">${path}</marker>`;
    svg.insertAdjacentHTML("afterbegin", `<defs>${Object.entries(heads).map(marker).join("")}</defs>`);
    for (const edge of svg.querySelectorAll(".edge")) {
      edge.style.setProperty("--cross", `url(#${id("cross")})`);
      if (edge.querySelector(".tip")) edge.style.setProperty("--head", `url(#${id("head")})`);
    }
  }

  function follow(behavior = calm.matches ? "auto" : "smooth") {
    // bring what is lit into view, by moving the stage alone, never the page
    const nodes = lit.filter((element) => element.matches(".node") && element.getClientRects().length);
    if (!nodes.length || stage.scrollWidth <= stage.clientWidth + 1 && stage.scrollHeight <= stage.clientHeight + 1) return;
    const box = stage.getBoundingClientRect(), rects = nodes.map((node) => node.getBoundingClientRect());
    const x = (Math.min(...rects.map((r) => r.left)) + Math.max(...rects.map((r) => r.right))) / 2;
    const y = (Math.min(...rects.map((r) => r.top)) + Math.max(...rects.map((r) => r.bottom))) / 2;
    const move = { left: x - box.left - box.width / 2, top: y - box.top - box.height / 2 };
    stage.scrollBy({ ...move, behavior });
  }

  // ── the formula: the list item's text, its lines aligned at their signs ────────────────────────────────────────
  const formula = make("div", { class: "cr-formula" });
  const sentence = make("p", { class: "cr-say" });
  const words = make("div", { class: "cr-words" }, formula, sentence);
  const main = make("div", { class: "cr-main" }, words);

  function showFormula(i, hidden) {
    const step = steps[i] ?? BLANK, [lines, ...blocks] = step.lines.split("\n\n");
    formula.replaceChildren();
    if (!lines) return;
    lines.split("\n").forEach((line, row) => {
      const [left, sign, right] = line.split(/<\/?span>/);
      const result = row === 2 && step.a !== undefined;
      const local = row > 2 && !left.startsWith("total");
      const blank = hidden && (row === 2 || (row > 2 && !local));
      const kind = result ? "result" : local ? "local" : "";
      const cells = [left, sign, blank ? "?" : right].map((text, column) => {
        const cell = make("span", { class: `cr-${"lsr"[column]} ${kind}` });
        cell.innerHTML = text.trim();
        return cell;
      });
      if (blank && row > 2) return;
      if (cells[0].textContent.length > LONG) {
        const whole = make("span", { class: `cr-whole ${kind}` });
        whole.innerHTML = cells.map((cell) => cell.innerHTML).join(" ");
        formula.append(whole);
        return;
      }
      formula.append(...cells);
    });
    if (blocks.length) {
      const rest = make("pre", { class: "cr-block" });
      rest.innerHTML = blocks.join("\n\n").replace(/[⋮⋱]/g, '<span class="cr-dots">$&</span>'); // as wide as a digit in every font
      formula.append(rest);
      const fit = rest.clientWidth / rest.scrollWidth; // matrices a little too wide are written smaller
      rest.style.setProperty("--fit", Math.max(0.75, Math.min(1, fit * 0.99)));
    }
  }

  const predict = chainrulePredict(root, make, {
    get steps() { return steps; }, get items() { return items; }, get at() { return at; }, sentence, render: (i) => render(i), say: (text) => say(text),
  }, data.quiz);

  // ── one step ───────────────────────────────────────────────────────────────────────────────────────────────────
  const phase = make("span", { class: "cr-phase" });
  const count = make("a", { class: "cr-count", title: "a link to this step" });
  const live = make("div", { class: "cr-live", "aria-live": "polite" });

  function render(i) {
    const step = steps[i] ?? BLANK, hidden = i >= 0 && predict.hides(i);
    light(step);
    for (const [key, text] of step.c) write(key, hidden && /[dg]/.test(key[0]) ? "?" : text);
    showFormula(i, hidden);
    sentence.textContent = hidden ? "What comes out?" : step.words;
    phase.textContent = WORDS[step.k];
    root.dataset.phase = step.k;
    count.textContent = `step ${i + 1} of ${steps.length}`;
    count.href = `#${root.id}-step=${i + 1}${numbers?.link() ?? ""}`;
    slider.value = i + 1;
    slider.setAttribute("aria-valuetext", count.textContent);
    predict.ask(i);
    recipe?.show(i);
    keepHeight();
    back.disabled = toFirst.disabled = i === FIRST;
    next.disabled = toLast.disabled = i === steps.length - 1;
  }

  function go(i, quiet = false) {
    const to = Math.max(FIRST, Math.min(steps.length - 1, i));
    if (to === at && at >= 0) return;
    apply(at, to);
    items[at]?.classList.remove("current");
    items[to]?.classList.add("current");
    at = to;
    render(to);
    follow(quiet ? "auto" : undefined);
    if (!quiet) say(`${phase.textContent}, ${count.textContent}. ${formula.textContent}. ${sentence.textContent}`);
    if (!quiet) address(count.href);
  }

  function address(link) {
    // a page in a frame (srcdoc) has no address of its own, and a browser may refuse many changes: the step matters more
    try {
      if (data.page) history.replaceState(null, "", link);
    } catch {}
  }

  const say = (text) => (live.textContent = text);

  // ── play, size, full screen ────────────────────────────────────────────────────────────────────────────────────
  const PLAY = "M7 4v16l13-8z", PAUSE = "M6 4h4v16H6zM14 4h4v16h-4z";

  function play(on) {
    clearInterval(timer);
    timer = 0;
    if (on && at === steps.length - 1) go(FIRST);
    const goes = () => root.isConnected && at < steps.length - 1 && !(at >= 0 && predict.hides(at));
    if (on) timer = setInterval(() => (goes() ? go(at + 1) : play(false)), speed.value);
    toggle.setAttribute("aria-label", timer ? "pause" : "play");
    toggle.title = timer ? "pause" : "play";
    toggle.querySelector("path").setAttribute("d", timer ? PAUSE : PLAY);
  }

  function resize(factor) {
    zoom = Math.max(0.5, Math.min(3, zoom * factor));
    layOut();
    follow("auto");
  }

  function fullScreen() {
    if (document.fullscreenElement === root) document.exitFullscreen();
    else root.requestFullscreen?.().catch(() => {});
  }

  function move(i) {
    play(false);
    go(i);
  }

  const toFirst = button("first step", "M5 4h3v16H5zM20 4v16L9 12z", () => move(FIRST));
  const back = button("one step back", "M17 4v16L6 12z", () => move(at - 1));
  const toggle = button("play", PLAY, () => play(!timer));
  const next = button("one step on", "M7 4v16l11-8z", () => move(at + 1));
  const toLast = button("last step", "M16 4h3v16h-3zM4 4v16l11-8z", () => move(steps.length - 1));
  const slider = make("input", { type: "range", min: FIRST + 1, max: steps.length, value: FIRST + 1, "aria-label": "step" });
  slider.addEventListener("input", () => move(slider.value - 1));
  const speed = make("select", { "aria-label": "speed", title: "speed" });
  for (const [text, ms] of SPEEDS) speed.append(make("option", { value: ms }, text + "×"));
  speed.value = 1600;
  speed.addEventListener("change", () => timer && play(true));
  const smaller = button("smaller", "M5 11h14v2H5z", () => resize(1 / 1.2));
  const larger = button("larger", "M5 11h6V5h2v6h6v2h-6v6h-2v-6H5z", () => resize(1.2));
  const full = button("full screen", "M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z", fullScreen);
  const other = make("button", { type: "button", class: "cr-word", title: "another picture" });
  other.addEventListener("click", () => showView((shown + 1) % views.length));

  function showView(i) {
    shown = i;
    other.textContent = "Show the " + views[(i + 1) % views.length].name;
    layOut();
    follow();
  }

  // ── keys, only while the player has the focus ──────────────────────────────────────────────────────────────────
  const KEYS = {
    ArrowRight: () => move(at + 1), ArrowLeft: () => move(at - 1), Home: () => move(FIRST), End: () => move(steps.length - 1),
    " ": () => play(!timer), f: fullScreen, q: predict.toggle, "+": () => resize(1.2), "=": () => resize(1.2),
    "-": () => resize(1 / 1.2), "−": () => resize(1 / 1.2),
  };

  root.addEventListener("keydown", (event) => {
    event.stopPropagation(); // a notebook must not take an arrow key for its own
    const { target, key } = event;
    const typing = target.matches("input:not([type=range]), select");
    if (target.matches(".cr-leaf") && /^(ArrowUp|ArrowDown|Enter)$/.test(key)) return;
    const pressing = key === " " && target.closest("button, a, summary");
    const sliding = target === slider && /^(Arrow|Home|End)/.test(key);
    if (typing || pressing || sliding || event.ctrlKey || event.metaKey || event.altKey || !KEYS[key]) return;
    event.preventDefault();
    KEYS[key]();
  });

  // ── links to steps, printing, themes ───────────────────────────────────────────────────────────────────────────
  function fromLink() {
    // the step that the address asks for, with its numbers; the first for an address that means nothing here
    const found = location.hash.match(/^#(.+?)-step=(\d+)((?:&n\d+=[^&]*)*)$/);
    if (!found || found[1] !== root.id || !(numbers?.fromLink(found[3]) ?? !found[3])) return null;
    return Number(found[2]) - 1;
  }

  root.addEventListener("click", (event) => {
    const link = event.target.closest("a[href*='-step=']");
    if (!link) return;
    event.preventDefault();
    address(link.href);
    move(parseInt(link.href.split("-step=")[1]) - 1);
  });
  addEventListener("hashchange", () => {
    const wanted = root.isConnected ? fromLink() : null;
    if (wanted !== null) move(wanted);
  });

  const answers = make("section", { class: "cr-answers" });
  let wasOpen = false;
  addEventListener("beforeprint", () => {
    wasOpen = list.open;
    fillList();
    if (!predict.isOn()) apply(at, steps.length - 1); // paper shows the picture with all its numbers
    list.open = true;
    answers.replaceChildren();
    if (!predict.isOn()) return;
    answers.append(make("h2", {}, "Answers"), make("ol"));
    steps.forEach((step, i) => {
      if (!predict.hides(i)) return;
      const text = make("div");
      text.innerHTML = step.lines.split("\n").slice(1, 3).join("");
      answers.lastChild.append(make("li", { value: i + 1 }, text.textContent.replace(/\s+/g, " ").trim()));
    });
  });
  addEventListener("afterprint", () => {
    list.open = wasOpen;
    if (!predict.isOn()) apply(steps.length - 1, at);
  });

  const darkScreen = matchMedia("(prefers-color-scheme: dark)");
  function setTheme() {
    const told = root.closest("[data-jp-theme-light]")?.dataset.jpThemeLight;
    const { theme = data.page ? "auto" : "" } = document.body.dataset; // of a site; a page of its own follows the screen
    const dark = theme === "dark" || (theme === "auto" && darkScreen.matches) || document.body.matches(".vscode-dark, .dark-theme");
    root.classList.toggle("dark", told ? told === "false" : dark);
  }
  setTheme();
  darkScreen.addEventListener("change", setTheme);
  new MutationObserver(setTheme).observe(document.body, { attributes: true });

  // ── in a frame (marimo): as high as its content, whose heights must then not depend on the frame's ───────────────
  function fitFrame() {
    const frame = data.page && location.protocol === "about:" ? window.frameElement : null;
    if (!frame) return;
    root.style.setProperty("--vh", `${FRAME / 100}px`);
    const fit = () => (frame.style.height = `${Math.ceil(document.body.getBoundingClientRect().height)}px`);
    new ResizeObserver(fit).observe(document.body);
  }

  // ── numbers that move ──────────────────────────────────────────────────────────────────────────────────────────
  const numbers = data.graph ? chainruleLeaves(data.graph, make, showNumbers) : null;
  let recorded = null; // the steps at the numbers of the moment, as the page computed them
  if (numbers)
    for (const k of numbers.free) for (const element of stage.querySelectorAll(`[data-n="${k}"]`)) numbers.grip(element, k);

  function showNumbers(leaves) {
    // all steps anew, standing at the step where one stood
    const { graph } = data, found = chainruleRecord(graph, code, leaves);
    recorded ??= chainruleRecord(graph, code, graph.nodes.map((node) => node.data)).steps;
    const place = at < 0 ? at : chainruleLike(found.steps, recorded[at], at);
    recorded = found.steps;
    steps = chainruleEntries(graph, found);
    slider.max = steps.length;
    list.querySelector("summary").textContent = `All ${steps.length} steps`;
    items = [];
    predict.forget();
    begin(Object.fromEntries(numbers.free.map((k) => [`d${k}`, inDecimals(leaves[k])])));
    at = -1;
    if (list.open) fillList();
    go(place, true);
    address(count.href);
    say(`${graph.nodes.at(-1).name} = ${inDecimals(found.values.at(-1))}`);
  }

  root.chainrule = {
    // for a page around it: another graph of the same nodes, with these numbers; and the step in which a node gets its gradient
    take(graph, operations, leaves) {
      Object.assign(data.graph, graph);
      code = operations;
      numbers?.take(leaves);
    },
    show: (k) => move(Math.max(0, steps.findIndex((step) => step.k === "b" && step.c.some(([key]) => key === `g${k}`)))),
  };

  function fillList() {
    if (items.length) return;
    items = steps.map((step, i) => {
      const link = make("a", { href: `#${root.id}-step=${i + 1}` }, WORDS[step.k]), pre = make("pre");
      pre.innerHTML = step.lines;
      return make("li", { value: i + 1 }, link, pre, make("p", {}, step.words));
    });
    list.querySelector("ol").replaceChildren(...items);
    list.querySelector("summary").textContent = `All ${steps.length} steps`;
    items[at]?.classList.add("current");
    predict.blankAll();
  }
  list.addEventListener("toggle", fillList);

  // ── what the pointer is on ─────────────────────────────────────────────────────────────────────────────────────
  const hint = make("p", { class: "cr-hint", "aria-hidden": "true" });

  function told(k, edge) {
    // "a₁ = ReLU(z₁) ≈ 0.35,  ∂L/∂a₁ = 0.2", with the numbers of this moment
    const { nodes } = data.graph, name = nodes[k].name, shown = (key) => known.get(key) ?? "·";
    const value = shown(`d${k}`), slope = shown(`g${k}`), root = nodes.at(-1).name;
    if (edge) {
      const index = Number(edge.split("-")[1]), [, local] = nodes[k].by.find(([i]) => i === index) ?? [];
      return `∂${name}/∂${nodes[nodes[k].args[index]].name} = ${local ?? "0"}`;
    }
    const formula = nodes[k].formula ? `${name} = ${nodes[k].formula}` : name;
    return `${formula}${value === "·" ? "" : ` = ${value}`}${slope === "·" ? "" : `,   ∂${root}/∂${name} = ${slope}`}`;
  }
  chainruleWay(root, stage, hint, { graph: data.graph, touched, steps: () => steps, go: move, told });

  function legend() {
    // what the colours mean, with signs that say so without colour
    if (!IS_LAYERED) return "";
    const signs = [["f", "▶ forward: a, z"], ["b", "◀ backward: δ = ∂L/∂z"], ["x", "✕ gate closed, nothing passes"]];
    const root = data.graph?.nodes.at(-1).name ?? "L";
    return make("p", { class: "cr-legend" }, ...signs.map(([key, text]) => make("span", { class: `cr-key ${key}` }, text.replace("L/", `${root}/`))));
  }

  // ── putting it together ────────────────────────────────────────────────────────────────────────────────────────
  const head = make("div", { class: "cr-head" }, phase, count, predict.score);
  const recipe = data.recipe && chainruleRecipe(make, data.recipe, move);
  const bar = make("div", { class: "cr-bar" }, toFirst, back, toggle, next, toLast, slider, speed, smaller, larger, full);
  if (steps.some((step) => step.a !== undefined)) bar.append(predict.button);
  if (views.length > 1) bar.append(other);
  if (views.length) main.prepend(make("div", { class: "cr-scene" }, stage, legend(), hint));
  fitFrame();
  begin(data.start);
  if (recipe) words.prepend(recipe.list);
  root.prepend(head, bar, main, predict.form, live); // the buttons above what changes its height from step to step
  if (numbers) predict.form.after(numbers.panel);
  root.append(answers);
  new ResizeObserver(layOut).observe(stage);
  if (views.length) showView(0);
  predict.set(data.quiz);
  go(fromLink() ?? FIRST, true);
  if (data.page && window === top) root.focus({ preventScroll: true }); // a page of its own takes the arrow keys at once
}
