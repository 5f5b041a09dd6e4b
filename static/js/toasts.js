/* Toasts with undo. From a view: HX-Trigger: {"toast": {"text": "…", "undo": "/url/"}} */
(function () {
  "use strict";
  const LASTS = 10000;
  function button(word, css) {
    const made = document.createElement("button");
    made.type = "button"; made.className = css; made.textContent = word;
    return made;
  }
  function arm(toast, ms) {
    let timer = setTimeout(() => toast.remove(), ms);
    const hold = () => clearTimeout(timer), go = () => { timer = setTimeout(() => toast.remove(), ms); };
    toast.addEventListener("mouseenter", hold); toast.addEventListener("focusin", hold);
    toast.addEventListener("mouseleave", go); toast.addEventListener("focusout", go);
  }
  Vantage.toast = function (what) {
    const place = document.getElementById("toasts");
    if (!place || !what || !what.text) return;
    const toast = document.createElement("div"), text = document.createElement("p");
    toast.className = "toast " + (what.tone || "");
    text.textContent = what.text;
    toast.append(text);
    if (what.href) {
      const link = document.createElement("a");
      link.className = "btn small"; link.href = what.href; link.textContent = what.action || "→";
      toast.append(link);
    }
    if (what.undo) {
      const undo = button(Vantage.word("undo"), "btn small");
      undo.dataset.key = "u";
      undo.addEventListener("click", () => {
        toast.remove();
        Vantage.post(what.undo).then((answer) => {
          const told = answer.headers.get("HX-Trigger");
          if (told) { try { const events = JSON.parse(told); for (const name in events) document.body.dispatchEvent(new CustomEvent(name, { detail: events[name], bubbles: true })); } catch (e) { document.body.dispatchEvent(new CustomEvent(told, { bubbles: true })); } }
          else if (answer.ok) location.reload();
          if (!answer.ok) Vantage.toast({ text: Vantage.word("error") + " " + answer.status, tone: "bad" });
        });
      });
      toast.append(undo);
    }
    const close = button("×", "btn small icon-only");
    close.setAttribute("aria-label", Vantage.word("close"));
    close.addEventListener("click", () => toast.remove());
    toast.append(close);
    place.append(toast);
    while (place.childElementCount > 3) place.firstElementChild.remove();
    arm(toast, LASTS);
  };
  document.addEventListener("toast", (event) => {
    const told = event.detail || {};
    Vantage.toast(typeof told.value === "string" ? { text: told.value } : told);
  });
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("#toasts > .toast").forEach((toast) => arm(toast, LASTS)));
})();
