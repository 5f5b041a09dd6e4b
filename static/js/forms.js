/* Forms: one submit, leave-guard, Ctrl-Enter, filters that send themselves, demo sign-ins. */
(function () {
  "use strict";
  Vantage.on("input", "form[data-guard]", (form) => { form.dataset.dirty = "1"; form.querySelectorAll("[data-when-dirty]").forEach((part) => { part.hidden = false; }); });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    delete form.dataset.dirty;
    if (form.method === "post" && !form.hasAttribute("hx-post") && !form.closest("[hx-post]")) {
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "1";
      setTimeout(() => { delete form.dataset.sent; }, 4000);
    }
  });
  addEventListener("beforeunload", (event) => { if (document.querySelector("form[data-dirty]")) event.preventDefault(); });
  Vantage.on("keydown", "textarea", (box, event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && box.form) { event.preventDefault(); box.form.requestSubmit(); } });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") { const form = document.querySelector("form[data-guard]"); if (form) { event.preventDefault(); form.requestSubmit(); } }
  });
  Vantage.on("click", "[data-into]", (button) => {
    const box = document.querySelector(button.dataset.into);
    if (box) { box.value = button.value; box.focus(); box.dispatchEvent(new Event("input", { bubbles: true })); }
  });
  Vantage.on("change", "[data-autosubmit]", (input) => input.form?.requestSubmit());
  Vantage.on("click", "[data-sign-in]", (button) => {
    const form = document.querySelector("form[data-sign-in-form]");
    if (!form) return;
    form.elements.login.value = button.dataset.signIn; form.elements.password.value = button.dataset.password;
    form.requestSubmit();
  });
})();
