/* G then a letter, ? / C and letters of buttons with data-key. Off while typing, off by the user's setting. */
(function () {
  "use strict";
  let waiting = 0;
  function goto(letter) {
    const pair = (document.body.dataset.go || "").split(" ").find((text) => text.startsWith(letter + "="));
    if (pair) location.assign(pair.slice(letter.length + 1));
  }
  const press = (selector) => { const hit = [...document.querySelectorAll(selector)].find(Vantage.visible); hit?.click(); return Boolean(hit); };
  const FIXED = {
    "?": () => press("[data-dialog=shortcuts]") || document.getElementById("shortcuts")?.showModal(),
    "/": () => { const box = document.querySelector("main input[type=search]"); if (box && Vantage.visible(box)) { box.focus(); box.select(); } else Vantage.palette?.(); return true; },
    c: () => press("#menu-new-button"),
    "[": () => press("[data-step=previous]"),
    "]": () => press("[data-step=next]"),
  };
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); Vantage.palette?.(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.body.dataset.keys === "off" || Vantage.typing(event.target)) return;
    if (document.querySelector("dialog[open], .menu:popover-open")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (waiting) { clearTimeout(waiting); waiting = 0; event.preventDefault(); goto(key); return; }
    if (key === "g") { waiting = setTimeout(() => { waiting = 0; }, 1200); return; }
    if (Vantage.rowKey?.(key, event)) { event.preventDefault(); return; }
    if (FIXED[key] ? FIXED[key]() : /^[a-z]$/.test(key) && (press(`main .at [data-key="${key}"]`) || press(`[data-key="${key}"]`))) event.preventDefault();
  });
})();
