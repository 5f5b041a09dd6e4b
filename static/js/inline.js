/* Editing in place: Enter saves (also in a select), Tab saves and goes on to the next line, Escape restores. */
(function () {
  "use strict";
  const FORM = "form.inline-edit";
  let next = "";
  const fields = (form) => [...form.closest(".record-profile, body").querySelectorAll(".facts dd")];
  const address = (dd) => dd?.querySelector("a.pen")?.getAttribute("hx-get") || "";
  Vantage.on("keydown", `${FORM} :is(input, select)`, (box, event) => {
    const form = box.form;
    if (event.isComposing || box.getAttribute("aria-expanded") === "true") return;
    if (event.key === "Enter" && box.matches("select")) { event.preventDefault(); form.requestSubmit(); }
    if (event.key !== "Tab" || event.shiftKey || event.ctrlKey || event.altKey) return;
    const all = fields(form), here = all.indexOf(form.closest("dd"));
    const following = here < 0 ? undefined : all.slice(here + 1).find(address);
    if (!following) return;
    event.preventDefault();
    next = address(following);
    form.requestSubmit();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.detail.elt;
    if (!next || !(part instanceof Element)) return;
    const wanted = next;
    next = "";
    if (part.querySelector?.(FORM) || part.closest?.("dialog")) return;
    document.querySelector(`a.pen[hx-get="${CSS.escape(wanted)}"]`)?.click();
  });
})();
