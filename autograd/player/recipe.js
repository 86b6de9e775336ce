// A walk by move: for each layer the five moves of its way back, ticked off as the steps do them; a click goes to the step.

function chainruleRecipe(make, recipe, go) {
  const entries = [];
  const list = make("div", { class: "cr-recipe", role: "group", "aria-label": "the recipe, layer by layer" });
  for (const { name, moves } of recipe) {
    const items = moves.map(({ text, step }) => {
      const tick = make("span", { class: "cr-tick", "aria-hidden": "true" });
      const item = make("button", { type: "button", class: "cr-move" }, tick, text);
      item.disabled = step === null;
      item.addEventListener("click", () => go(step));
      entries.push({ item, tick, step, text });
      return make("li", {}, item);
    });
    list.append(make("section", {}, make("h3", {}, name), make("ol", {}, ...items)));
  }
  return {
    list,
    show(at) {
      for (const { item, tick, step, text } of entries) {
        const isDone = step !== null && step <= at;
        tick.textContent = step === null ? "–" : isDone ? "✓" : "○";
        item.setAttribute("aria-current", step === at ? "step" : "false");
        item.setAttribute("aria-label", `${text}${step === null ? ", nothing to do" : isDone ? ", done" : ""}`);
      }
    },
  };
}
