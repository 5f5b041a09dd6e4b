/* Import wizard: drop a file, count it on its way, Alt and arrows between steps, the next rejected row. */
(function () {
  "use strict";
  const box = (zone) => zone.querySelector("input[type=file]");
  const size = (bytes) => (bytes / 1048576).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 }) + " MB";
  function name(zone) {
    const file = box(zone).files[0], place = zone.querySelector("[data-drop-name]");
    if (place) place.textContent = file ? `${file.name} · ${size(file.size)}` : "";
  }
  for (const type of ["dragover", "dragenter", "dragleave", "drop"]) {
    Vantage.on(type, "[data-drop]", (zone, event) => {
      event.preventDefault();
      zone.classList.toggle("over", type === "dragover" || type === "dragenter");
      if (type === "drop" && event.dataTransfer.files.length) { box(zone).files = event.dataTransfer.files; name(zone); }
    });
  }
  Vantage.on("change", "[data-drop]", name);
  document.addEventListener("submit", (event) => {
    const form = event.target, zone = form.matches("[data-upload]") && form.querySelector("[data-drop]");
    if (!zone || event.defaultPrevented || !box(zone).files.length) return;
    event.preventDefault();
    const sent = new XMLHttpRequest(), bar = zone.querySelector("[data-upload-progress]"), count = zone.querySelector("[data-upload-count]");
    const button = form.querySelector("[type=submit]");
    const over = () => { bar.hidden = true; count.textContent = ""; button.disabled = false; delete form.dataset.sent; };
    bar.hidden = false; button.disabled = true;
    sent.upload.addEventListener("progress", (told) => {
      if (told.lengthComputable) { bar.value = told.loaded / told.total; count.textContent = `${size(told.loaded)} / ${size(told.total)} ${count.dataset.of}`; }
    });
    sent.addEventListener("load", () => {
      if (sent.status < 400) { location.assign(sent.responseURL); return; }
      const main = new DOMParser().parseFromString(sent.responseText, "text/html").getElementById("main");
      if (!main) { over(); Vantage.toast({ text: Vantage.word("error") + " " + sent.status, tone: "bad" }); return; }
      document.getElementById("main").replaceChildren(...main.childNodes);
      document.querySelector("#main [data-focus]")?.focus();
    });
    sent.addEventListener("error", () => { over(); Vantage.toast({ text: Vantage.word("busy"), tone: "bad" }); });
    sent.open("POST", form.action);
    sent.send(new FormData(form));
  });
  function next() {
    const rows = [...document.querySelectorAll("tr[data-rejected]")];
    if (!rows.length) { location.assign("?show=rejected"); return; }
    const here = document.activeElement?.closest("tr[data-rejected]");
    const row = rows[(rows.indexOf(here) + 1) % rows.length];
    row.focus(); row.scrollIntoView({ block: "center" });
    Vantage.say(row.querySelector(".why")?.textContent || "");
  }
  Vantage.on("click", "[data-next-rejected]", next);
  document.addEventListener("keydown", (event) => {
    const wizard = document.querySelector("[data-wizard]");
    if (!wizard || !event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (event.key === "ArrowLeft" && wizard.dataset.before) { event.preventDefault(); location.assign(wizard.dataset.before); }
    if (event.key === "ArrowRight") { const go = wizard.querySelector("[data-wizard-next]"); if (go) { event.preventDefault(); go.click(); } }
  });
})();
