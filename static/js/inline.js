/* Editing in place: Enter saves (also in a select), Tab saves and goes on to the next line, Escape restores. */
(function () {
  "use strict";
  const FORM = "form.inline-edit";
  let next = "", saving = "";
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
    saving = form.getAttribute("hx-post");
    form.requestSubmit();
  });
  Vantage.on("keydown", "form:has([data-cancel])", (form, event) => {
    if (event.key === "Escape") { event.preventDefault(); form.querySelector("[data-cancel]").click(); }
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const sent = event.detail.requestConfig;
    if (!next || sent?.verb !== "post" || sent.path !== saving) return;
    const wanted = next;
    next = "";
    if (event.detail.xhr?.status !== 200) return;
    document.querySelector(`a.pen[hx-get="${CSS.escape(wanted)}"]`)?.click();
  });
})();
