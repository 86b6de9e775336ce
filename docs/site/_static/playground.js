// The playground: the reader's code runs in a worker, where Python is; this is the page about it.

const root = document.querySelector(".playground");
const [code, run, stop, share, examples] = ["code", "run", "stop", "share", "examples"].map((name) => root.querySelector(`[data-part=${name}]`));
const [status, printed, shown] = ["status", "printed", "shown"].map((name) => root.querySelector(`[data-part=${name}]`));
const EXAMPLES = JSON.parse(root.querySelector("script[type='application/json']").textContent);
let worker = null, isReady = null, began = 0;

function start() {
  worker = new Worker(new URL("playground_worker.js", import.meta.url), { type: "module" });
  isReady = new Promise((done) => worker.addEventListener("message", ({ data }) => data.kind === "ready" && done()));
  worker.addEventListener("message", ({ data }) => SAY[data.kind]?.(data));
  worker.addEventListener("error", (event) => tell(`Python could not be started: ${event.message}`));
}

const tell = (text) => (status.textContent = text);

const SAY = {
  ready: ({ seconds }) => tell(`Python is ready (${seconds.toFixed(1)} s).`),
  out: ({ text }) => printed.append(text),
  show: ({ html, page }) => shown.append(page ? frame(page) : picture(html)),
  done: ({ error }) => {
    busy(false);
    tell(error ? "An error, see below." : `Done in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
  },
};

function picture(html) {
  const made = document.createElement("div");
  made.innerHTML = html; // an <img> that the library made of a graph
  return made;
}

function frame(page) {
  // a page of the player: its script sees nothing of this one
  const made = document.createElement("iframe");
  made.sandbox = "allow-scripts";
  made.srcdoc = page;
  made.title = "the player";
  return made;
}

function busy(on) {
  run.disabled = on;
  stop.disabled = !on;
}

async function execute() {
  busy(true);
  printed.textContent = "";
  shown.replaceChildren();
  if (!worker) start();
  tell("Python is being loaded …");
  await isReady;
  began = performance.now();
  tell("Running …");
  worker.postMessage(code.value);
}

function end() {
  // a loop without end listens to nobody: its worker goes, and the next run gets a new one
  worker?.terminate();
  worker = null;
  busy(false);
  tell("Stopped. The next run starts afresh.");
}

const encode = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const decode = (text) => new TextDecoder().decode(Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)));

function fromLink() {
  const found = location.hash.match(/^#code=([\w-]+)$/);
  try {
    return found && decode(found[1]);
  } catch {
    return null; // a broken link is the page as it is
  }
}

run.addEventListener("click", execute);
stop.addEventListener("click", end);
share.addEventListener("click", async () => {
  history.replaceState(null, "", `#code=${encode(code.value)}`);
  try {
    await navigator.clipboard.writeText(location.href);
    tell("The link is copied; it carries the code.");
  } catch {
    tell("The link stands in the address line; it carries the code.");
  }
});
for (const name of Object.keys(EXAMPLES)) examples.append(new Option(name, name));
examples.addEventListener("change", () => (code.value = EXAMPLES[examples.value]));
code.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) execute();
});
code.value = fromLink() ?? EXAMPLES[Object.keys(EXAMPLES)[0]];
busy(false);
