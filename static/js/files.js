/* Files on a record: drop or choose, counted on the way, one after the other; the list comes back by itself. */
(function () {
  "use strict";
  const ZONE = "[data-drop-files]";
  const size = (bytes) => (bytes / 1048576).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 }) + " MB";
  function tell(answer) {
    const told = answer.getResponseHeader("HX-Trigger");
    if (!told) return;
    const events = JSON.parse(told);
    for (const name in events) document.body.dispatchEvent(new CustomEvent(name, { detail: events[name], bubbles: true }));
  }
  function draw(html) {
    const place = document.getElementById("files"), fresh = new DOMParser().parseFromString(html, "text/html").getElementById("files");
    if (!place || !fresh) return false;
    place.replaceWith(fresh);
    htmx.process(fresh);
    fresh.querySelector("[data-focus]")?.focus();
    return true;
  }
  function send(zone, file, place, count) {
    return new Promise((over) => {
      const sent = new XMLHttpRequest(), body = new FormData(), bar = zone.querySelector("[data-file-progress]"), told = zone.querySelector("[data-file-count]");
      body.append("csrfmiddlewaretoken", zone.querySelector("[name=csrfmiddlewaretoken]").value);
      body.append("file", file, file.name);
      bar.hidden = told.hidden = false;
      sent.upload.addEventListener("progress", (event) => {
        if (!event.lengthComputable) return;
        bar.value = event.loaded / event.total;
        told.textContent = `${file.name} · ${size(event.loaded)} / ${size(event.total)}` + (count > 1 ? ` · ${place}/${count}` : "");
      });
      sent.addEventListener("loadend", () => over(sent));
      sent.open("POST", zone.action);
      sent.setRequestHeader("HX-Request", "true");
      sent.setRequestHeader("HX-Target", "files");
      sent.send(body);
    });
  }
  async function take(zone, files) {
    const input = zone.querySelector("input[type=file]");
    input.disabled = true;
    let last = null;
    for (let n = 0; n < files.length; n += 1) {
      last = await send(zone, files[n], n + 1, files.length);
      if (last.status !== 200) break;
    }
    input.disabled = false;
    if (!last) return;
    if (last.status === 0) { Vantage.toast({ text: Vantage.word("busy"), tone: "bad" }); document.body.dispatchEvent(new CustomEvent("files-changed")); return; }
    if (!draw(last.responseText)) Vantage.toast({ text: Vantage.word(last.status === 403 ? "denied" : last.status === 404 ? "gone" : "error"), tone: "bad" });
    tell(last);
  }
  for (const type of ["dragover", "dragenter", "dragleave", "drop"]) {
    Vantage.on(type, ZONE, (zone, event) => {
      event.preventDefault();
      zone.classList.toggle("over", type === "dragover" || type === "dragenter");
      if (type === "drop" && event.dataTransfer.files.length) take(zone, [...event.dataTransfer.files]);
    });
  }
  Vantage.on("change", ZONE, (zone, event) => { if (event.target.files?.length) take(zone, [...event.target.files]); });
})();
