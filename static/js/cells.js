/* Cells edited in place: E, Enter or a double click opens; Enter saves, Escape restores, Tab saves and goes on. */
(function () {
  "use strict";
  const head = (cell) => cell.closest("table").tHead?.rows[0].cells[cell.cellIndex];
  const field = (cell) => head(cell)?.dataset.edit || "";
  const key = (row) => row.querySelector("td.sel input")?.value;
  const editable = (row) => key(row) ? [...row.cells].filter(field) : [];
  const editor = (cell) => cell?.querySelector("[data-cell-editor]");
  function address(cell, more) {
    const url = new URL(location.href);
    for (const [name, value] of Object.entries({ part: "cell", row: key(cell.closest("tr")), field: field(cell), ...more })) url.searchParams.set(name, value);
    return url;
  }
  function focus(cell) { if (cell) { cell.tabIndex = -1; cell.focus(); } }
  function draw(cell, html) {
    cell.classList.add("editing");
    cell.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    const box = cell.querySelector("[data-cell-input]");
    box?.focus();
    if (box?.select) box.select();
  }
  function replace(row, html) {
    const fresh = new DOMParser().parseFromString("<table><tbody>" + html + "</tbody></table>", "text/html").querySelector("tr");
    const box = fresh.querySelector("td.sel input"), held = row.querySelector("td.sel input");
    if (box && held) box.checked = held.checked;
    for (const name of ["at", "picked"]) fresh.classList.toggle(name, row.classList.contains(name));
    row.replaceWith(fresh);
    return fresh;
  }
  async function ask(cell, url, options) {
    try {
      const answer = await fetch(url, { credentials: "same-origin", ...options, headers: { "HX-Request": "true", "X-CSRFToken": Vantage.csrf() } });
      const text = await answer.text();
      if (answer.ok || text.includes("data-cell-editor")) return text;
      Vantage.toast({ text: Vantage.word(answer.status === 401 ? "signin" : answer.status === 403 ? "denied" : answer.status === 404 ? "gone" : "error"), tone: "bad" });
    } catch (e) { Vantage.toast({ text: Vantage.word("busy"), tone: "bad" }); }
    return "";
  }
  async function open(cell) {
    if (!cell || !field(cell) || !key(cell.closest("tr")) || editor(cell)) return;
    const html = await ask(cell, address(cell));
    if (html) draw(cell, html);
  }
  async function finish(cell, step, save) {
    const row = cell.closest("tr"), place = editable(row).indexOf(cell);
    const sent = new URLSearchParams();
    if (save) editor(cell).querySelectorAll("[name]").forEach((box) => { if (box.type !== "checkbox" || box.checked) sent.append(box.name, box.value); });
    const html = await ask(cell, address(cell, save ? {} : { cancel: 1 }), save ? { method: "POST", body: sent } : {});
    if (!html) return;
    if (!html.startsWith("<tr")) { draw(cell, html); return; }
    const cells = editable(replace(row, html)), next = cells[place + step];
    if (save) Vantage.say(Vantage.word("saved"));
    if (step && next) await open(next); else focus(cells[place]);
  }
  Vantage.on("keydown", "[data-cell-editor]", (box, event) => {
    const cell = box.closest("td");
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); finish(cell, 0, false); }
    else if (event.key === "Enter" && !event.target.closest("button")) { event.preventDefault(); finish(cell, 0, true); }
    else if (event.key === "Tab" && event.target.matches("[data-cell-input]")) { event.preventDefault(); finish(cell, event.shiftKey ? -1 : 1, true); }
  });
  Vantage.on("click", "[data-cell-save]", (button) => finish(button.closest("td"), 0, true));
  Vantage.on("click", "[data-cell-cancel]", (button) => finish(button.closest("td"), 0, false));
  Vantage.on("dblclick", "[data-list] td", (cell, event) => { if (!event.target.closest("a, input, button")) open(cell); });
  const rowKey = Vantage.rowKey;
  Vantage.rowKey = function (name, event) {
    const cell = document.activeElement?.closest?.("[data-row] td"), row = cell?.closest("tr") || document.querySelector("main [data-row].at");
    const cells = row ? editable(row) : [], here = cells.indexOf(cell);
    if (cells.length && name === "e") { open(here < 0 ? cells[0] : cell); return true; }
    if (cells.length && (name === "ArrowRight" || name === "ArrowLeft")) { focus(cells[Math.max(0, Math.min(cells.length - 1, here + (name === "ArrowRight" ? 1 : -1)))]); return true; }
    if (name === "Enter" && here >= 0 && document.activeElement === cell) { open(cell); return true; }
    return rowKey(name, event);
  };
})();
