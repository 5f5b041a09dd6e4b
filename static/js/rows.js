/* Lists: J K Enter X, ranges, select page, "all matching", bulk bar. Works on [data-list] with tr[data-row]. */
(function () {
  "use strict";
  let last = null;
  const rows = () => [...document.querySelectorAll("main [data-row]")].filter(Vantage.visible);
  const at = () => document.querySelector("main [data-row].at");
  const box = (row) => row?.querySelector("td.sel input, [data-pick]");
  function move(step) {
    const list = rows();
    if (!list.length) return false;
    const here = list.indexOf(at()), next = list[Math.max(0, Math.min(list.length - 1, here < 0 ? 0 : here + step))];
    at()?.classList.remove("at");
    next.classList.add("at");
    (next.querySelector("a[href]") || next).focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    return true;
  }
  function tick(row, on) { const input = box(row); if (input && input.checked !== on) { input.checked = on; row.classList.toggle("picked", on); } }
  function range(row, on) {
    const list = rows(), from = list.indexOf(last), to = list.indexOf(row);
    if (from < 0 || to < 0) return tick(row, on);
    list.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((one) => tick(one, on));
  }
  function show(list) {
    if (!list) return;
    const boxes = [...list.querySelectorAll("[data-row] td.sel input, [data-row] [data-pick]")], n = boxes.filter((one) => one.checked).length;
    const bulk = list.querySelector("[data-bulk]"), all = list.querySelector("[data-select-all]");
    if (bulk) { bulk.hidden = n === 0; const count = bulk.querySelector("[data-bulk-count]"); if (count) count.textContent = n + " " + Vantage.word("selected"); }
    if (all) { all.checked = n > 0 && n === boxes.length; all.indeterminate = n > 0 && n < boxes.length; }
    const every = list.querySelector("[data-bulk-every]");
    if (every && n < boxes.length) every.checked = false;
  }
  Vantage.rowKey = function (key, event) {
    if (key === "j") return move(1);
    if (key === "k") return move(-1);
    const row = document.activeElement?.closest?.("[data-row]") || at();
    if (!row) return false;
    if (key === "Enter" && !event.target.closest("a, button, input")) { row.querySelector("a[href]")?.click(); return true; }
    if (key === "x" && box(row)) {
      const on = !box(row).checked;
      if (event.shiftKey) range(row, true); else tick(row, on);
      last = row; show(row.closest("[data-list]"));
      return true;
    }
    return false;
  };
  Vantage.on("click", "[data-row] td.sel input, [data-pick]", (input, event) => {
    const row = input.closest("[data-row]");
    if (event.shiftKey && last) range(row, input.checked);
    row.classList.toggle("picked", input.checked);
    last = row; show(row.closest("[data-list]"));
  });
  Vantage.on("change", "[data-select-all]", (input) => {
    const list = input.closest("[data-list]");
    list.querySelectorAll("[data-row]").forEach((row) => tick(row, input.checked));
    show(list);
  });
  Vantage.on("click", "[data-bulk-clear]", (button) => {
    const list = button.closest("[data-list]");
    list.querySelectorAll("[data-row]").forEach((row) => tick(row, false));
    show(list);
  });
  document.addEventListener("htmx:afterSettle", () => document.querySelectorAll("[data-list]").forEach(show));
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-list]").forEach(show));
})();
