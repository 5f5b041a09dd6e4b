/* htmx: progress bar after 300 ms, refusals as toasts, lost connection as a bar, focus after swaps. */
(function () {
  "use strict";
  let open = 0, timer = 0, probe = 0;
  const root = document;
  function started() {
    open += 1;
    if (!timer) timer = setTimeout(() => document.body.classList.add("busy"), 300);
  }
  function ended() {
    open = Math.max(0, open - 1);
    if (!open) { clearTimeout(timer); timer = 0; document.body.classList.remove("busy"); }
  }
  const quiet = (event) => event.detail.elt && event.detail.elt.closest("[data-quiet], .nav");
  root.addEventListener("htmx:beforeRequest", (event) => { if (!quiet(event)) { event.detail.xhr.vantageSeen = true; started(); } });
  root.addEventListener("htmx:afterRequest", (event) => { if (event.detail.xhr && event.detail.xhr.vantageSeen) ended(); });
  root.addEventListener("htmx:beforeSwap", (event) => {
    const address = event.detail.xhr.responseURL || "";
    if (address.includes("/accounts/login/") && !location.pathname.startsWith("/accounts/")) {
      event.detail.shouldSwap = false;
      Vantage.toast({ text: Vantage.word("signin"), tone: "bad", href: "/accounts/login/?next=" + encodeURIComponent(location.pathname + location.search) });
    }
  });
  function sentence(xhr) {
    if (xhr.status === 401) return Vantage.word("signin");
    const type = xhr.getResponseHeader("Content-Type") || "";
    if (type.includes("json")) {
      try { const told = JSON.parse(xhr.responseText); if (told.detail) return told.detail; } catch (e) { /* not told */ }
    }
    if (type.startsWith("text/plain") && xhr.responseText.length < 300) return xhr.responseText;
    if (xhr.status === 403) return Vantage.word("denied");
    if (xhr.status === 404 || xhr.status === 410) return Vantage.word("gone");
    if (xhr.status === 503 || xhr.status === 429) return Vantage.word("busy");
    const id = xhr.getResponseHeader("X-Error-Id");
    return Vantage.word("error") + " " + (id || xhr.status);
  }
  root.addEventListener("htmx:responseError", (event) => {
    const xhr = event.detail.xhr;
    const panel = event.detail.elt.closest("[data-panel]");
    if (panel && event.detail.elt === panel) {
      const note = panel.querySelector("[data-panel-failed]");
      if (note) { note.hidden = false; panel.querySelector(".skeleton")?.remove(); return; }
    }
    if (quiet(event) && xhr.status !== 401) return;
    Vantage.toast({ text: sentence(xhr), tone: "bad" });
  });
  function lost() {
    const bar = document.getElementById("connection");
    if (!bar || probe) return;
    bar.hidden = false;
    probe = setInterval(() => fetch("/healthz", { cache: "no-store" }).then((answer) => {
      if (!answer.ok) return;
      clearInterval(probe); probe = 0; bar.hidden = true;
      document.body.dispatchEvent(new CustomEvent("connection-back"));
    }).catch(() => {}), 3000);
  }
  root.addEventListener("htmx:sendError", lost);
  root.addEventListener("htmx:timeout", lost);
  window.addEventListener("offline", lost);
  function focusIn(part) {
    const wanted = part.matches?.("[data-focus]") ? part : part.querySelector?.("[data-focus]");
    if (wanted) wanted.focus();
  }
  root.addEventListener("htmx:afterSwap", (event) => {
    const part = event.detail.elt;
    const dialog = part.id === "dialog" ? part : part.closest("dialog#dialog");
    if (dialog && dialog.childElementCount && !dialog.open) dialog.showModal();
    focusIn(part);
  });
  document.addEventListener("DOMContentLoaded", () => focusIn(document.body));
  root.addEventListener("dialog-close", () => { const dialog = document.getElementById("dialog"); if (dialog?.open) dialog.close(); });
})();
