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
    const bulk = list.querySelector("[data-bulk]"), all = list.querySelector("[data-select-all]"), whole = n > 0 && n === boxes.length;
    if (all) { all.checked = whole; all.indeterminate = n > 0 && !whole; }
    const every = list.querySelector("[data-bulk-every]"), offer = list.querySelector("[data-bulk-offer]");
    if (every && !whole) every.checked = false;
    if (offer) offer.hidden = !whole;
    if (!bulk) return;
    bulk.hidden = n === 0;
    const count = bulk.querySelector("[data-bulk-count]");
    if (count) count.textContent = every?.checked ? count.dataset.every : Vantage.word("selected").replace("#", n);
  }
  function selectPage(list, on) {
    list.querySelectorAll("[data-row]").forEach((row) => tick(row, on));
    show(list);
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
    selectPage(input.closest("[data-list]"), input.checked);
  });
  Vantage.on("change", "[data-bulk-every]", (input) => show(input.closest("[data-list]")));
  Vantage.on("click", "[data-bulk-clear]", (button) => {
    selectPage(button.closest("[data-list]"), false);
  });
  // Enter in the text of an action presses its own button, not the first of the bar.
  Vantage.on("keydown", "[data-bulk] input", (input, event) => {
    if (event.key === "Enter") { event.preventDefault(); input.closest(".row")?.querySelector("button")?.click(); }
  });
  // Ctrl-A: the rows of the page, a second time everything that matches.
  document.addEventListener("keydown", (event) => {
    const list = document.activeElement?.closest("[data-list]"), all = list?.querySelector("[data-select-all]");
    if (event.key.toLowerCase() !== "a" || !(event.ctrlKey || event.metaKey) || !all || Vantage.typing(event.target)) return;
    event.preventDefault();
    const every = list.querySelector("[data-bulk-every]");
    if (all.checked && every) { every.checked = true; show(list); } else selectPage(list, true);
  });
  document.addEventListener("htmx:afterSettle", () => document.querySelectorAll("[data-list]").forEach(show));
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-list]").forEach(show));
})();
/* Conditions: another field or operator brings the controls that fit it. */
Vantage.on("change", "[data-where-show]", (select) => select.form.querySelector("[data-where-update]").click());
