// Python in a worker: Pyodide, this library's wheel, and Graphviz for the layout, all from beside this file. Each file is
// checked against the hash in `playground.json`.

const here = new URL(".", import.meta.url), began = performance.now();
const { hashes, pyodide, viz, wheels } = await (await fetch(new URL("playground.json", here))).json();
const plain = self.fetch.bind(self);
self.fetch = (address, options = {}) => {
  const url = new URL(address.url ?? address, here), integrity = hashes[url.href.slice(here.href.length)];
  return plain(url, integrity ? { ...options, integrity } : options);
};

const bytes = async (name) => (await self.fetch(new URL(name, here))).arrayBuffer();
await Promise.all([`${pyodide}pyodide.mjs`, `${pyodide}pyodide.asm.mjs`, viz].map(bytes)); // rejects what was changed
const [{ loadPyodide }, { instance }] = await Promise.all([import(new URL(`${pyodide}pyodide.mjs`, here)), import(new URL(viz, here))]);
const [python, graphviz] = await Promise.all([loadPyodide({ indexURL: new URL(pyodide, here).href }), instance()]);
for (const wheel of wheels) python.unpackArchive(await bytes(wheel), "wheel");
self.chainruleGraphviz = (source, attributes) => graphviz.renderString(source, { format: "svg", graphAttributes: JSON.parse(attributes) });
const say = (kind, more = {}) => self.postMessage({ kind, ...more });
python.setStdout({ batched: (text) => say("out", { text: text + "\n" }) });
python.setStderr({ batched: (text) => say("out", { text: text + "\n" }) });
self.chainruleShow = (html, page) => say("show", { html, page });
python.runPython(await (await self.fetch(new URL("playground.py", here))).text());
say("ready", { seconds: (performance.now() - began) / 1000 });

self.addEventListener("message", ({ data }) => {
  const error = python.globals.get("run")(data);
  if (error) say("out", { text: error });
  say("done", { error: Boolean(error) });
});
