// Predict mode: the page asks for what a step computes before it says so, gives a hint, and keeps score. `player` lends its
// steps, the list's items, the step at hand, and what shows and says a step.

function chainrulePredict(root, make, player, isOn) {
  const TOLERANCE = 0.01; // a typed number counts when it is within 1 % of the result
  const ENOUGH = 2; // right answers to one rule, then it is known
  const solved = new Set(), learned = new Map(), original = new Set(); // steps solved, rules known, items whose results are blanked
  let quiz = isOn, right = 0, asked = 0;
  const button = make("button", { type: "button", class: "cr-word", "aria-pressed": quiz, title: "predict each result (q)" }, "Predict");
  button.addEventListener("click", () => setQuiz(!quiz));
  const form = make("form", { class: "cr-ask", hidden: "" });
  const score = make("span", { class: "cr-score" });
  const feedback = make("span", { class: "cr-feedback", role: "status" });

  function choice(name, legend, options) {
    const set = make("fieldset", {}, make("legend", {}, legend));
    for (const [value, text] of options)
      set.append(make("label", {}, make("input", { type: "radio", name, value }), text));
    return set;
  }

  function ask(i) {
    const step = player.steps[i];
    form.hidden = !hides(i);
    if (form.hidden) return;
    const input = make("input", { type: "text", inputmode: "text", autocomplete: "off", "aria-label": "your result", name: "x" });
    const what = step.t === undefined ? "Your result" : "All contributions together";
    form.replaceChildren();
    if (step.k === "b") form.append(choice("flows", "Does any gradient pass?", [["1", "yes"], ["0", "no"]]));
    form.append(make("label", {}, `${what} (within 1 %): `, input));
    if (step.k === "b") form.append(choice("sign", "Its sign", [["1", "+"], ["-1", "−"], ["0", "0"]]));
    if (step.m !== undefined)
      form.append(choice("move", "Gradient descent then moves it", [["1", "up"], ["-1", "down"], ["0", "not at all"]]));
    const reveal = make("button", { type: "button" }, "Show");
    reveal.addEventListener("click", () => solve(i, "Shown.", false));
    form.append(make("button", { type: "submit" }, "Check"), reveal, feedback);
    feedback.textContent = "";
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const step = player.steps[player.at], given = new FormData(form);
    const text = String(given.get("x")).trim().replace("−", "-").replace(",", ".");
    const wrong = [], answer = step.t ?? step.a, flows = given.get("flows"), isNone = flows === "0" && text === "";
    if (flows !== null && (flows === "1") !== (step.a !== 0)) wrong.push(step.a === 0 ? "nothing passes here" : "something does pass");
    else if (text === "" && !(isNone && answer === 0)) wrong.push("type a number");
    else if (!isNone && !near(Number(text), answer)) wrong.push("not this number");
    if (given.get("sign") !== null && Number(given.get("sign")) !== Math.sign(answer)) wrong.push("not this sign");
    if (given.get("move") !== null && Number(given.get("move")) !== step.m) wrong.push("not this way: it moves against the sign");
    if (wrong.length) feedback.textContent = `✗ ${wrong.join(", ")}. ${advice(step)}`;
    else solve(player.at, "✓ Right.", true);
  });

  function advice(step) {
    // what to think of next, not the answer
    const [rule, , , ...more] = step.lines.split("\n\n")[0].split("\n").map((line) => line.replace(/<[^>]*>/g, "").replace(/\s+/g, " ").trim());
    if (step.k === "f") return `Hint: put the numbers of the picture into ${rule}.`;
    if (step.k === "u") return `Hint: ${rule}; the gradient is below the name.`;
    const local = more.findLast((line) => line.startsWith("∂"))?.split(/ [=≈] /).slice(0, 2).join(" = ");
    if (step.a === 0) return `Hint: one of the factors of ${rule.split(/ \+?= /)[1]} is 0. Which, and why?`;
    if (step.t !== undefined) return "Hint: add what arrives now to what has arrived before.";
    return `Hint: what has arrived, times the local derivative${local ? ` ${local}` : ""}.`;
  }

  // what was right twice is known: the same rule with other names is not asked again
  const ruleOf = (i) => player.steps[i].k + player.steps[i].lines.split("\n")[0].replace(/<[^>]*>|[\d₀-₉⁰¹²³⁴-⁹⁽⁾,]|\s+/g, "");

  function near(x, answer) {
    // the numbers of a step are rounded to four decimals, and so is what is computed from them
    const size = Math.abs(answer), rounding = Math.min(5e-5, 0.05 * size);
    return Math.abs(x - answer) <= Math.max(TOLERANCE * size, rounding, 1e-12) && !(answer && Math.sign(x) === -Math.sign(answer));
  }

  function solve(i, text, counts) {
    solved.add(i);
    asked += 1;
    if (counts) right += 1;
    if (counts) learned.set(ruleOf(i), (learned.get(ruleOf(i)) ?? 0) + 1);
    blankAll();
    player.render(i);
    score.textContent = `${right} right of ${asked}`;
    player.say(`${text} ${player.sentence.textContent}`);
    root.focus({ preventScroll: true });
  }

  const hides = (i) => quiz && player.steps[i]?.a !== undefined && !solved.has(i) && (learned.get(ruleOf(i)) ?? 0) < ENOUGH;

  function blank(i, hide) {
    // take numbers and results out of the list as well: they tell the answers to earlier steps
    const pre = player.items[i]?.querySelector("pre");
    if (!pre) return; // the list is not filled yet
    if (hide && !original.has(i)) {
      original.add(i);
      const lines = player.steps[i].lines.split("\n");
      const kept = player.steps[i].k === "l" ? lines.slice(1) : lines.map(withoutNumbers); // the loss tells its own value
      pre.innerHTML = kept.filter(Boolean).join("\n");
      player.items[i].classList.add("hidden");
    } else if (!hide && original.has(i)) {
      pre.innerHTML = player.steps[i].lines;
      original.delete(i);
      player.items[i].classList.remove("hidden");
    }
  }

  function withoutNumbers(line, row) {
    if (row === 0) return line;
    if (row < 3) return line.replace(/(<span>)[^<]*(<\/span>).*/, `$1=$2 ${"_".repeat(row === 1 ? 24 : 12)}`);
    const [local, symbols, ...numbers] = line.split(/<\/span> | [=≈] /); // ∂z/∂w = w = 0.5: w may stay
    return line.startsWith("total") || !numbers.length ? "" : `${local}</span> ${symbols}`;
  }

  function setQuiz(on) {
    quiz = on;
    root.classList.toggle("quiz", on);
    button.setAttribute("aria-pressed", on);
    score.textContent = on ? `${right} right of ${asked}` : "";
    blankAll();
    if (player.at >= 0) player.render(player.at);
  }

  function blankAll() {
    player.steps.forEach((step, i) => blank(i, hides(i) || (step.k === "l" && i > 0 && hides(i - 1))));
  }

  function forget() {
    // other numbers, other questions
    solved.clear();
    original.clear();
  }

  return { form, score, button, ask, hides, blankAll, forget, set: setQuiz, toggle: () => setQuiz(!quiz), isOn: () => quiz };
}
