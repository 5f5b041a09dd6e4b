/* Ctrl-K: a combobox in a dialog; the server answers with role=option links. */
(function () {
  "use strict";
  let timer = 0, asked = 0;
  const parts = () => ({ box: document.getElementById("palette"), input: document.getElementById("palette-input"), list: document.getElementById("palette-list") });
  const options = (list) => [...list.querySelectorAll("[role=option]")];
  function pick(index) {
    const { input, list } = parts(), every = options(list);
    every.forEach((one, n) => { one.setAttribute("aria-selected", n === index); if (!one.id) one.id = "palette-option-" + n; });
    const hit = every[index];
    if (hit) { input.setAttribute("aria-activedescendant", hit.id); hit.scrollIntoView({ block: "nearest" }); } else input.removeAttribute("aria-activedescendant");
  }
  const current = (list) => options(list).findIndex((one) => one.getAttribute("aria-selected") === "true");
  function ask() {
    const { input, list } = parts(), mine = ++asked;
    fetch(input.dataset.url + "?" + new URLSearchParams({ q: input.value, here: location.pathname }), { headers: { "HX-Request": "true" }, credentials: "same-origin" })
      .then((answer) => answer.ok ? answer.text() : Promise.reject())
      .then((html) => {
        if (mine !== asked) return;
        const made = new DOMParser().parseFromString(html, "text/html");
        list.replaceChildren(...made.body.childNodes);
        pick(0);
        Vantage.say(String(options(list).length));
      }).catch(() => { if (mine === asked) failed(); });
  }
  function failed() {
    const { input, list } = parts(), line = document.createElement("div");
    line.className = "palette-group bad-text"; line.setAttribute("role", "alert"); line.textContent = input.dataset.failed;
    list.replaceChildren(line);
    pick(-1);
  }
  Vantage.palette = function () {
    const { box, input } = parts();
    if (!box || box.open) return;
    document.querySelectorAll("dialog[open]").forEach((one) => one.close());
    box.showModal(); input.select(); ask();
  };
  function follow(link, away) { if (!link) return; if (away && !link.dataset.dialog) window.open(link.href, "_blank", "noopener"); else { parts().box.close(); link.click(); } }
  Vantage.on("click", "[data-palette]", () => Vantage.palette());
  Vantage.on("input", "#palette-input", () => { clearTimeout(timer); timer = setTimeout(ask, 120); });
  Vantage.on("keydown", "#palette-input", (input, event) => {
    const { list } = parts(), n = options(list).length, here = current(list);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); if (n) pick((here + (event.key === "ArrowDown" ? 1 : -1) + n) % n); }
    else if (event.key === "Enter") { event.preventDefault(); follow(options(list)[here], event.ctrlKey || event.metaKey); }
  });
})();
