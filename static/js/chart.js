/* Crosshair and arrow keys over a server-drawn chart; the numbers come from its own table. */
(function () {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const state = new WeakMap();
  function read(plot) {
    if (state.has(plot)) return state.get(plot);
    const marks = (plot.dataset.xs || "").split(",").map(Number);
    const table = plot.closest(".chart")?.querySelector(".chart-data table");
    if (!table || !plot.dataset.xs) return null;
    const head = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
    const lines = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
    const made = { marks, head, lines, at: -1 };
    state.set(plot, made);
    return made;
  }
  function show(plot, index, aloud) {
    const data = read(plot), svg = plot.querySelector("svg");
    if (!data || !svg || !data.lines.length) return;
    const n = Math.max(0, Math.min(data.lines.length - 1, index));
    data.at = n;
    let cross = svg.querySelector(".cross");
    if (!cross) { cross = document.createElementNS(SVG, "line"); cross.setAttribute("class", "cross"); svg.append(cross); }
    const area = svg.getBoundingClientRect(), x = data.marks[n] + "%";
    for (const [name, value] of [["x1", x], ["x2", x], ["y1", plot.dataset.top || 0], ["y2", plot.dataset.bottom || area.height]]) cross.setAttribute(name, value);
    let out = plot.querySelector(".readout");
    if (!out) { out = document.createElement("div"); out.className = "readout"; out.setAttribute("aria-hidden", "true"); plot.append(out); }
    const [first, ...rest] = data.lines[n], title = document.createElement("b");
    title.textContent = first;
    out.replaceChildren(title);
    rest.forEach((value, i) => { if (!value) return; const line = document.createElement("div"); line.textContent = data.head[i + 1] + ": " + value; out.append(line); });
    const left = data.marks[n] / 100 * area.width + area.left - plot.getBoundingClientRect().left;
    out.style.left = (left + out.offsetWidth + 16 > plot.clientWidth ? Math.max(0, left - out.offsetWidth - 8) : left + 8) + "px";
    if (aloud) Vantage.say([first, ...rest.map((value, i) => data.head[i + 1] + " " + value)].join(", "));
  }
  function hide(plot) { plot.querySelector(".cross")?.remove(); plot.querySelector(".readout")?.remove(); const data = state.get(plot); if (data) data.at = -1; }
  Vantage.on("pointermove", ".plot[data-xs]", (plot, event) => {
    const data = read(plot), svg = plot.querySelector("svg");
    if (!data || !svg) return;
    const area = svg.getBoundingClientRect(), x = (event.clientX - area.left) / area.width * 100;
    let best = 0;
    data.marks.forEach((mark, n) => { if (Math.abs(mark - x) < Math.abs(data.marks[best] - x)) best = n; });
    if (best !== data.at) show(plot, best, false);
  });
  document.addEventListener("pointerout", (event) => { const plot = event.target.closest?.(".plot[data-xs]"); if (plot && !plot.contains(event.relatedTarget) && document.activeElement !== plot) hide(plot); });
  Vantage.on("keydown", ".plot[data-xs]", (plot, event) => {
    const data = read(plot);
    if (!data) return;
    const last = data.lines.length - 1, to = { ArrowLeft: data.at < 0 ? last : data.at - 1, ArrowRight: data.at < 0 ? 0 : data.at + 1, Home: 0, End: last }[event.key];
    if (to !== undefined) { event.preventDefault(); event.stopPropagation(); show(plot, to, true); }
    else if (event.key === "Escape") hide(plot);
  });
  document.addEventListener("focusout", (event) => { if (event.target.matches?.(".plot[data-xs]")) hide(event.target); });
  Vantage.on("click", "[data-chart-table]", (button) => {
    const table = button.closest(".chart")?.querySelector(".chart-data");
    if (!table) return;
    table.hidden = !table.hidden;
    button.setAttribute("aria-expanded", !table.hidden);
  });
})();
