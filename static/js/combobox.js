/* Text boxes with suggestions, input[data-combo=address]: the ARIA combobox pattern over a manual pop-over.
   Arrows walk, Enter takes, Escape closes the list only. A keyed box sends the key of what was taken. */
(function () {
  "use strict";
  const BOX = "input[data-combo]";
  let timer = 0, asked = 0, closed = false;
  const list = (box) => document.getElementById(box.getAttribute("aria-controls"));
  const options = (box) => [...list(box).querySelectorAll("[role=option]")];
  const open = (box) => box.getAttribute("aria-expanded") === "true";
  const current = (box) => options(box).findIndex((one) => one.getAttribute("aria-selected") === "true");
  function show(box, on) {
    const place = list(box);
    if (!place) return;
    if (place.matches(":popover-open") !== on) { if (on) place.showPopover(); else place.hidePopover(); }
    box.setAttribute("aria-expanded", on);
    if (on) Vantage.place(place, box); else box.removeAttribute("aria-activedescendant");
  }
  function pick(box, index) {
    const every = options(box);
    every.forEach((one, n) => { one.id = box.getAttribute("aria-controls") + "-" + n; one.setAttribute("aria-selected", n === index); });
    if (every[index]) { box.setAttribute("aria-activedescendant", every[index].id); every[index].scrollIntoView({ block: "nearest" }); }
    else box.removeAttribute("aria-activedescendant");
  }
  function ask(box, text) {
    const mine = ++asked, address = new URL(box.dataset.combo, location.href);
    address.searchParams.set("q", text);
    fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" })
      .then((answer) => answer.ok ? answer.text() : Promise.reject())
      .then((html) => {
        if (mine !== asked || document.activeElement !== box) return;
        list(box).replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
        show(box, true);
        pick(box, text ? 0 : -1);
        Vantage.say(String(options(box).length));
      }).catch(() => {});  // without suggestions the text is still read by the server
  }
  function take(box, option) {
    if (!option) return;
    box.value = option.dataset.text;
    if ("comboKeyed" in box.dataset) box.dataset.comboKey = option.dataset.value;
    show(box, false);
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
  Vantage.on("input", BOX, (box) => {
    delete box.dataset.comboKey;
    clearTimeout(timer);
    timer = setTimeout(ask, 120, box, box.value);
  });
  Vantage.on("click", BOX, (box) => { if (!open(box)) { box.select(); ask(box, ""); } });
  Vantage.on("keydown", BOX, (box, event) => {
    const n = open(box) ? options(box).length : 0, here = n ? current(box) : -1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open(box)) ask(box, "");
      else if (n) pick(box, event.key === "ArrowDown" ? (here + 1) % n : (here < 1 ? n : here) - 1);
    } else if (event.key === "Enter" && here >= 0) { event.preventDefault(); event.stopPropagation(); take(box, options(box)[here]); }
    else if (event.key === "Escape" && open(box)) { event.preventDefault(); event.stopPropagation(); closed = true; show(box, false); }
  }, true);
  // The same Escape must not end an edit in place, which listens for the key going up.
  Vantage.on("keyup", BOX, (_box, event) => { if (event.key === "Escape" && closed) { closed = false; event.stopPropagation(); } }, true);
  Vantage.on("focusout", BOX, (box) => { asked += 1; clearTimeout(timer); show(box, false); });
  Vantage.on("pointerdown", ".combo-list", (_list, event) => event.preventDefault());  // the focus stays in the box
  Vantage.on("click", ".combo-list [role=option]", (option) => take(document.querySelector(`[aria-controls="${CSS.escape(option.parentElement.id)}"]`), option));
  document.addEventListener("formdata", (event) => {
    event.target.querySelectorAll("input[data-combo-key]").forEach((box) => event.formData.set(box.name, box.dataset.comboKey));
  });
})();
