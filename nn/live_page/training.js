// The training itself, and its time: steps forward, states kept to go back to, other settings from any moment on.

function chainruleTraining(data, variants, optimizers) {
  const MOST = 400; // states that are kept; between them steps are taken again
  let marks = [], later = []; // states kept, and those behind the moment that one went back to

  const run = {
    variant: 0, // which activations
    rule: 0, // which optimizer
    rows: [], // the data: inputs, then targets
    flat: null, // the same, one row behind the other
    state: null, // parameters, and what the optimizer keeps
    losses: [], // before each step so far
    future: [], // those behind the moment that one went back to, until something is changed
    begun, advance, back, anew, take, begin, given,
    chosen: () => variants[run.variant][0],
    values: (X) => variants[run.variant][1].values(X, run.state.parameters),
  };

  function begun(rule, parameters, lr) {
    const found = optimizers[rule][1].start();
    found.parameters.set(parameters);
    if (lr !== undefined) found.lr = lr;
    return found;
  }

  function copied(state) {
    return Object.fromEntries(Object.entries(state).map(([name, x]) => [name, x instanceof Float64Array ? x.slice() : x]));
  }

  function take(rows) {
    run.rows = rows;
    run.flat = Float64Array.from(rows.flat());
  }

  function keep(isTurn = false) {
    // the state before the next step; of too many every second one is let go, but none at which something was changed
    const last = marks.at(-1)?.time === run.losses.length ? marks.pop() : null;
    const { variant, rule, rows, flat } = run;
    marks.push({ time: run.losses.length, isTurn: isTurn || Boolean(last?.isTurn), state: copied(run.state), variant, rule, rows, flat });
    if (marks.length > MOST) marks = marks.filter((mark, i) => mark.isTurn || i % 2 === 0 || i === marks.length - 1);
  }

  function restore({ state, ...settings }) {
    Object.assign(run, { variant: settings.variant, rule: settings.rule, rows: settings.rows, flat: settings.flat, state: copied(state) });
  }

  function mean() {
    return variants[run.variant][1].meanGradient(run.flat, run.state.parameters);
  }

  function update(gradient) {
    run.state.gradient.set(gradient);
    optimizers[run.rule][1].update(run.state);
  }

  function advance(count) {
    // so many steps; what ended them before, or nothing
    if (run.future.length) anew(() => {});
    for (let k = 0; k < count; k++) {
      const { value, gradient } = mean(), every = Math.max(1, Math.ceil(run.losses.length / (MOST / 2)));
      if (!Number.isFinite(value)) return `The loss became ${value}: lower the learning rate, or start anew.`;
      if (run.losses.length % every === 0) keep();
      update(gradient);
      run.losses.push(value);
    }
    return "";
  }

  function back(time) {
    // the state at that time: from the last one kept before it, by the steps that were taken then
    const whole = [...run.losses, ...run.future];
    if (!run.future.length) keep();
    marks = [...marks, ...later];
    const goal = Math.max(0, Math.min(whole.length, time)), start = marks.findLast((mark) => mark.time <= goal);
    restore(start);
    for (let k = start.time; k < goal; k++) update(mean().gradient);
    run.losses = whole.slice(0, goal);
    run.future = whole.slice(goal);
    later = marks.filter((mark) => mark.time > goal);
    marks = marks.filter((mark) => mark.time <= goal);
  }

  function anew(change) {
    // from here on another way: what came later is no more
    run.future = [];
    later = [];
    change();
    keep(true);
  }

  function begin(parameters) {
    // from the first step on, with these parameters
    run.state = begun(run.rule, parameters, run.state?.lr);
    run.losses = [];
    marks = [];
  }

  function given() {
    run.variant = run.rule = 0;
    run.state = null;
    take(data.rows.map((row) => row.slice()));
    anew(() => begin(Float64Array.from(data.parameters)));
  }

  given();
  return run;
}
