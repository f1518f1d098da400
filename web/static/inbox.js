// Keeps the inbox's list fresh: server-sent events say that something came, the rows are fetched
// again. Without this script the page is complete and a reload shows the news.
(() => {
  "use strict";
  const rows = document.getElementById("rows");
  if (!rows || !window.EventSource) return;
  const count = document.getElementById("count");
  const live = document.getElementById("live");
  const news = document.getElementById("news");
  let newest = Number(rows.dataset.newest);
  let shown = Number(count.textContent);
  const arrived = new Map();  // id -> when it was first shown here
  let fetching = false;
  let again = false;

  async function refresh() {
    if (fetching) { again = true; return; }
    fetching = true;
    const seen = newest;
    try {
      const answer = await fetch("/inbox/rows" + location.search);
      if (answer.ok) {
        const focused = document.activeElement && document.activeElement.getAttribute("href");
        rows.innerHTML = await answer.text();
        for (const row of rows.querySelectorAll("[data-id]")) {
          const id = Number(row.dataset.id);
          if (id > seen) arrived.set(id, Date.now());
          if (Date.now() - (arrived.get(id) || 0) < 2500) {
            row.classList.add("fresh");
            setTimeout(() => row.classList.remove("fresh"), 2500);
          }
          newest = Math.max(newest, id);
        }
        if (focused) {
          const link = rows.querySelector('a[href="' + CSS.escape(focused) + '"]');
          if (link) link.focus();
        }
      }
    } finally {
      fetching = false;
      if (again) { again = false; refresh(); }
    }
  }

  const events = new EventSource("/inbox/events");
  events.addEventListener("open", () => { live.hidden = false; });
  events.addEventListener("error", () => { live.hidden = true; });
  events.addEventListener("inbox", (event) => {
    const now = JSON.parse(event.data);
    if (now.newest === newest && now.count === shown) return;
    if (now.newest > newest) {
      const more = now.newest - newest;
      news.textContent = more === 1 ? "One new message" : more + " new messages";
    }
    shown = now.count;
    count.textContent = now.count;
    refresh();
  });
})();
