/* One event stream: it says which topic changed; parts listen with hx-trigger="live:topic from:body".
   Closed while the tab is hidden; without it every topic on the page is polled each 20 s. */
(function () {
  "use strict";
  const POLL = 20000;
  let stream = null, poll = 0, failures = 0;
  function topics() {
    const found = new Set();
    document.querySelectorAll("[hx-trigger*='live:']").forEach((part) => {
      for (const hit of part.getAttribute("hx-trigger").matchAll(/live:([\w.-]+)/g)) found.add(hit[1]);
    });
    return found;
  }
  function tell(topic) { document.body.dispatchEvent(new CustomEvent("live:" + topic, { bubbles: true })); }
  function heard(event) {
    failures = 0; stopPolling();
    let topic = event.data;
    try { const told = JSON.parse(event.data); topic = told.topic || told; } catch (e) { /* plain text */ }
    if (typeof topic === "string" && topic) tell(topic);
  }
  function stopPolling() { clearInterval(poll); poll = 0; }
  function startPolling() {
    if (poll) return;
    if (failures === 2) Vantage.say(Vantage.word("lost"));
    poll = setInterval(() => { if (!document.hidden) topics().forEach(tell); }, POLL);
  }
  function open() {
    const url = document.body.dataset.live;
    if (!url || stream || document.hidden || !window.EventSource) return;
    stream = new EventSource(url);
    stream.addEventListener("message", heard);
    stream.addEventListener("change", heard);
    stream.addEventListener("open", () => { failures = 0; stopPolling(); });
    stream.addEventListener("error", () => {
      failures += 1; startPolling();
      if (stream && stream.readyState === EventSource.CLOSED) { stream = null; setTimeout(open, Math.min(60000, 5000 * failures)); }
    });
  }
  function close() { stream?.close(); stream = null; }
  document.addEventListener("visibilitychange", () => { if (document.hidden) close(); else { open(); topics().forEach(tell); } });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  document.addEventListener("DOMContentLoaded", () => setTimeout(open, 400));
})();
