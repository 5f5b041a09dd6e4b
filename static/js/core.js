/* Small shared pieces. No globals but Vantage. */
(function () {
  "use strict";
  const body = () => document.body;
  window.Vantage = {
    word: (name) => body().dataset["t" + name[0].toUpperCase() + name.slice(1)] || "",
    say(text) {
      const place = document.getElementById("say");
      if (place) { place.textContent = ""; requestAnimationFrame(() => { place.textContent = text; }); }
    },
    csrf() {
      try { return JSON.parse(body().getAttribute("hx-headers") || "{}")["X-CSRFToken"] || ""; } catch (e) { return ""; }
    },
    post(url, data) {
      return fetch(url, {
        method: "POST", credentials: "same-origin",
        headers: { "X-CSRFToken": Vantage.csrf(), "HX-Request": "true" },
        body: new URLSearchParams(data || {}),
      });
    },
    on(type, selector, act, options) {
      document.addEventListener(type, (event) => {
        const hit = event.target instanceof Element && event.target.closest(selector);
        if (hit) act(hit, event);
      }, options);
    },
    typing(target) {
      return target instanceof Element && (target.isContentEditable ||
        target.closest("textarea, select, [role=combobox], input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]):not([type=range])") !== null);
    },
    visible: (element) => element.getClientRects().length > 0,
  };
})();
