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
/* Mentions: after @ the colleagues who may see the record; arrows walk, Enter or Tab takes, Escape closes the list. */
(function () {
  "use strict";
  const BOX = "textarea[data-mention]", WORD = /(?:^|[^A-Za-z0-9._%+-])@([^\s@]{0,30})$/;
  let timer = 0, asked = 0;
  const list = (box) => document.getElementById(box.getAttribute("aria-controls"));
  const options = (box) => [...(list(box)?.querySelectorAll("[role=option]") || [])];
  const open = (box) => Boolean(list(box)?.matches(":popover-open"));
  const word = (box) => WORD.exec(box.value.slice(0, box.selectionStart));
  function close(box) { asked += 1; clearTimeout(timer); if (open(box)) list(box).hidePopover(); box.removeAttribute("aria-activedescendant"); }
  function pick(box, index) {
    options(box).forEach((one, n) => { one.id = "mention-" + n; one.setAttribute("aria-selected", n === index); if (n === index) one.scrollIntoView({ block: "nearest" }); });
    box.setAttribute("aria-activedescendant", "mention-" + index);
  }
  function ask(box, typed) {
    const mine = ++asked, address = new URL(box.dataset.mention, location.href);
    address.searchParams.set("q", typed);
    fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" })
      .then((answer) => answer.ok ? answer.text() : Promise.reject())
      .then((html) => {
        if (mine !== asked || document.activeElement !== box) return;
        list(box).replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
        if (!options(box).length) { close(box); return; }
        if (!open(box)) list(box).showPopover();
        Vantage.place(list(box), box);
        pick(box, 0);
        Vantage.say(String(options(box).length));
      }).catch(() => {});  // the name can be typed whole
  }
  function take(box, option) {
    const hit = word(box), end = box.selectionStart;
    close(box);
    if (!hit || !option) return;
    box.setRangeText(option.dataset.text + " ", end - hit[1].length - 1, end, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
  Vantage.on("input", BOX, (box) => {
    const hit = word(box);
    clearTimeout(timer);
    if (hit) timer = setTimeout(ask, 120, box, hit[1]); else close(box);
  });
  Vantage.on("keydown", BOX, (box, event) => {
    if (!open(box) || event.isComposing || event.ctrlKey || event.metaKey) return;
    const every = options(box), here = every.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") pick(box, (here + (event.key === "ArrowDown" ? 1 : every.length - 1)) % every.length);
    else if (event.key === "Enter" || event.key === "Tab") take(box, every[here]);
    else if (event.key === "Escape") close(box);
    else return;
    event.preventDefault(); event.stopPropagation();
  }, true);
  Vantage.on("focusout", BOX, close);
  Vantage.on("pointerdown", "#mention-list", (_list, event) => event.preventDefault());  // the focus stays in the text
  Vantage.on("click", "#mention-list [role=option]", (option) => take(document.querySelector(BOX), option));
})();
