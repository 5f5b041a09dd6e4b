/* The composer: drafts that are on their way leave with the page, L E N open its kinds from anywhere on the record. */
(function () {
  "use strict";
  let unsaved = null;
  const form = () => document.getElementById("composer");
  Vantage.on("input", "#composer", (box) => { unsaved = box; const bin = box.querySelector("[data-discard]"); if (bin) bin.hidden = false; });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful && (event.detail.elt.id === "draft-state" || event.detail.elt.closest?.("#composer"))) unsaved = null; });
  addEventListener("pagehide", () => {
    if (unsaved?.isConnected) navigator.sendBeacon(unsaved.dataset.draft, new FormData(unsaved));
    unsaved = null;
  });
  Vantage.on("click", "[data-opens]", (link, event) => {
    const kind = form()?.querySelector(`[data-compose="${link.dataset.opens}"]`);
    if (!kind) return;
    event.preventDefault(); event.stopPropagation();
    if (kind.getAttribute("aria-current") === "true") document.getElementById("composer-text").focus(); else kind.click();
  }, true);
  document.addEventListener("composer-reload", (event) => {
    const here = form();
    if (here) htmx.ajax("GET", here.dataset.composer + "?kind=" + event.detail.kind, { target: "#composer", swap: "outerHTML" });
  });
})();
