/**
 * What the map of the atlas does, as a classic script: draws the entries of the chosen layer,
 * coloured by the chosen quantity, and shows the entry under the pointer. It reads the JSON in
 * `#entries`: for each layer, lists over the entries of x, y (0 to 1000), frames, and quantities
 * (null = not known).
 */
export const ATLAS_SCRIPT: string = `
(() => {
  const layers = JSON.parse(document.getElementById("entries").textContent);
  const canvas = document.querySelector("canvas");
  const card = document.querySelector(".entry");
  const [low, high] = document.querySelectorAll(".ramp span");
  const chosen = (name) => document.querySelector('input[name="' + name + '"]:checked').value;
  const UNITS = { voicing: "%", energy: "dB", f0: "Hz", centroid: "Hz", run: "frames", count: "frames" };
  const LOGARITHMIC = { f0: 1, centroid: 1, count: 1 };
  const RAMP = ["#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725"].map((c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16)));
  let picked = -1;

  function colour(share) {
    const at = Math.max(0, Math.min(1, share)) * (RAMP.length - 1), i = Math.min(RAMP.length - 2, Math.floor(at));
    return "rgb(" + RAMP[i].map((c, k) => Math.round(c + (at - i) * (RAMP[i + 1][k] - c))) + ")";
  }
  function scale(values, quantity) {
    const known = values.filter((x, i) => x !== null && (quantity !== "count" || x > 0)).sort((a, b) => a - b);
    const from = known[Math.floor(0.02 * known.length)] ?? 0, to = known[Math.ceil(0.98 * known.length) - 1] ?? 1;
    const f = LOGARITHMIC[quantity] ? Math.log : (x) => x;
    return { from, to, share: (x) => to === from ? 0.5 : (f(x) - f(from)) / (f(to) - f(from)) };
  }
  const shown = (x, quantity) => x === null ? "not known" : (quantity === "run" ? x.toFixed(2) : Math.round(x)) + " " + UNITS[quantity];
  const place = (layer, i, width, height) => [12 + layer.x[i] / 1000 * (width - 24), 12 + layer.y[i] / 1000 * (height - 24)];

  function draw() {
    const layer = layers[chosen("layer")], quantity = chosen("quantity"), { from, to, share } = scale(layer[quantity], quantity);
    const { width, height } = canvas.getBoundingClientRect(), ratio = devicePixelRatio || 1;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const pen = canvas.getContext("2d"), ink = getComputedStyle(document.body);
    pen.scale(ratio, ratio);
    const order = layer.count.map((n, i) => i).sort((a, b) => layer.count[a] - layer.count[b]);
    for (const i of order) {
      const value = layer[quantity][i], known = value !== null && layer.count[i] > 0;
      pen.globalAlpha = known ? 0.85 : 0.35;
      pen.fillStyle = known ? colour(share(value)) : ink.getPropertyValue("--soft");
      pen.beginPath();
      pen.arc(...place(layer, i, width, height), known ? 2 + Math.min(6, 0.9 * Math.sqrt(layer.count[i])) : 1.2, 0, 7);
      pen.fill();
    }
    if (picked >= 0) {
      pen.globalAlpha = 1;
      pen.strokeStyle = ink.getPropertyValue("--ink");
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(...place(layer, picked, width, height), 10, 0, 7);
      pen.stroke();
    }
    low.textContent = shown(from, quantity);
    high.textContent = shown(to, quantity);
  }
  function show() {
    const layer = layers[chosen("layer")];
    const known = picked >= 0 && layer.count[picked] > 0;
    card.querySelector("h3").textContent = picked < 0 ? "Point at an entry" : "Entry " + picked + " of layer " + chosen("layer");
    for (const cell of card.querySelectorAll("dd")) {
      const quantity = cell.dataset.of;
      cell.textContent = picked < 0 ? "\\u2013" : known || quantity === "count" ? shown(layer[quantity][picked], quantity) : "never chosen";
    }
  }
  function pick(event) {
    const box = canvas.getBoundingClientRect(), layer = layers[chosen("layer")];
    let best = 26 ** 2;
    let nearest = -1;
    for (let i = 0; i < layer.x.length; i++) {
      const [x, y] = place(layer, i, box.width, box.height);
      const far = (x - event.clientX + box.left) ** 2 + (y - event.clientY + box.top) ** 2;
      if (far < best) [best, nearest] = [far, i];
    }
    if (nearest === picked) return;
    picked = nearest;
    draw();
    show();
  }
  canvas.addEventListener("pointermove", pick);
  canvas.addEventListener("pointerdown", pick);
  document.addEventListener("change", (event) => {
    if (event.target.name === "layer") picked = -1;
    draw();
    show();
  });
  addEventListener("resize", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
  show();
})();
`;
