/* Theme at once, language after the server has saved it (the page comes back translated at the same address). */
(function () {
  "use strict";
  Vantage.on("click", "[data-appearance-form] [type=submit]", (button, event) => {
    event.preventDefault();
    const form = button.closest("form");
    if (button.name === "theme") {
      if (button.value) document.documentElement.dataset.theme = button.value; else delete document.documentElement.dataset.theme;
      document.dispatchEvent(new CustomEvent("theme-changed"));
    }
    const token = form.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
    fetch(form.action, { method: "POST", credentials: "same-origin", headers: { "X-CSRFToken": token, "HX-Request": "true" }, body: new URLSearchParams({ [button.name]: button.value }) })
      .then((answer) => { if (button.name === "language" && answer.ok) location.reload(); })
      .catch(() => {});
  });
})();
/* Signed-out pages: the language of a visitor is a cookie. */
Vantage.on("click", "[data-set-language]", (button) => {
  document.cookie = "django_language=" + button.dataset.setLanguage + ";path=/;max-age=31536000;samesite=lax";
  location.reload();
});
Vantage.on("click", "[data-reload]", () => location.reload());
/* On small screens the page scrolls inside its frame: going back or reloading returns to the same place. */
(function () {
  "use strict";
  const key = () => "scroll:" + location.pathname + location.search;
  const frame = () => document.getElementById("main");
  addEventListener("pagehide", () => { const top = frame()?.scrollTop; try { if (top) sessionStorage.setItem(key(), top); else sessionStorage.removeItem(key()); } catch (e) { /* storage is off */ } });
  document.addEventListener("DOMContentLoaded", () => {
    const kind = performance.getEntriesByType("navigation")[0]?.type;
    if (kind !== "back_forward" && kind !== "reload") return;
    try { const top = sessionStorage.getItem(key()); if (top && frame()) frame().scrollTop = Number(top); } catch (e) { /* storage is off */ }
  });
})();
