/* Pop-over menus (place, arrow keys), dialogs, the small-screen sidebar, copy and confirm buttons. */
(function () {
  "use strict";
  const items = (menu) => [...menu.querySelectorAll("[role^=menuitem]:not(:disabled)")].filter(Vantage.visible);
  Vantage.place = function (menu, opener) {
    const at = opener.getBoundingClientRect(), size = menu.getBoundingClientRect(), gap = 4;
    let top = at.bottom + gap;
    if (top + size.height > innerHeight - 8) top = Math.max(8, at.top - size.height - gap);
    const left = at.left + size.width > innerWidth - 8 ? at.right - size.width : at.left;
    menu.style.top = top + "px";
    menu.style.left = Math.max(8, Math.min(left, innerWidth - size.width - 8)) + "px";
  };
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!(menu instanceof Element) || !menu.matches(".menu[popover]")) return;
    const opener = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
    if (!opener) return;
    opener.setAttribute("aria-expanded", event.newState === "open");
    if (event.newState === "open") { Vantage.place(menu, opener); items(menu)[0]?.focus({ preventScroll: true }); }
    else if (menu.contains(document.activeElement) || document.activeElement === document.body) opener.focus({ preventScroll: true });
  }, true);
  Vantage.on("keydown", ".menu[popover]", (menu, event) => {
    const list = items(menu), here = list.indexOf(document.activeElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: list.length - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); list[(to + list.length) % list.length]?.focus(); }
    else if (event.key === "Tab") menu.hidePopover();
    else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
      const hit = [...list.slice(here + 1), ...list].find((item) => item.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()));
      if (hit) { event.preventDefault(); event.stopPropagation(); hit.focus(); }
    }
  });
  Vantage.on("click", ".menu [role^=menuitem]", (item) => { const menu = item.closest(".menu"); setTimeout(() => { if (menu.matches(":popover-open")) menu.hidePopover(); }); });
  addEventListener("scroll", (event) => { if (!event.target.closest?.(".menu")) document.querySelectorAll(".menu:popover-open").forEach((menu) => menu.hidePopover()); }, { passive: true, capture: true });

  Vantage.on("click", "[data-dialog]", (opener, event) => {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog && !dialog.open) { event.preventDefault(); dialog.showModal(); }
  });
  Vantage.on("click", "[data-dialog-close]", (closer, event) => { event.preventDefault(); closer.closest("dialog")?.close(); });
  document.addEventListener("click", (event) => { if (event.target instanceof HTMLDialogElement) event.target.close(); });
  document.addEventListener("close", (event) => { if (event.target.id === "dialog") event.target.replaceChildren(); }, true);

  function side(open) {
    const bar = document.getElementById("side"), opener = document.querySelector("[data-side]");
    bar?.classList.toggle("open", open);
    opener?.setAttribute("aria-expanded", open);
    if (open) bar.querySelector("a, button")?.focus();
  }
  Vantage.on("click", "[data-side]", (opener) => side(opener.getAttribute("aria-expanded") !== "true"));
  document.addEventListener("click", (event) => {
    if (document.querySelector(".side.open") && !event.target.closest(".side, [data-side], .menu")) side(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.querySelector(".side.open")) { side(false); document.querySelector("[data-side]")?.focus(); }
  });
  function inside(tip) {
    const text = tip.querySelector(".tip-text");
    if (!text) return;
    text.style.translate = "";
    const at = text.getBoundingClientRect(), over = Math.max(0, at.right - document.documentElement.clientWidth + 8) - Math.max(0, 8 - at.left);
    if (over) text.style.translate = `calc(-50% - ${over}px) 0`;
  }
  Vantage.on("pointerover", ".tip", inside);
  Vantage.on("focusin", ".tip", inside);
  Vantage.on("click", "[data-copy]", (opener) => {
    const from = document.querySelector(opener.dataset.copy);
    if (from) navigator.clipboard.writeText((from.value ?? from.textContent).trim()).then(() => Vantage.say(opener.textContent));
  });
  Vantage.on("submit", "form[data-confirm]", (form, event) => { if (!confirm(form.dataset.confirm)) event.preventDefault(); }, true);
})();
