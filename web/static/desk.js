// What the desk's pages do beyond their plain forms: counts and preview while writing, live figures
// while an alert is on the wire, local times. Each part starts only if its element is on the page;
// without this file everything still works, after a reload.

const wait = 300; // ms after the last key before the preview and the checks follow

function later(fn, ms) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(fn, ms);
  };
}

// --- writing ---

function countCharacters(form) {
  for (const counter of form.querySelectorAll("[data-count]")) {
    const length = [...form.elements[counter.dataset.count].value].length;
    const good = Number(counter.dataset.good);
    counter.textContent = `${length} / ${good}`;
    counter.classList.toggle("over", length > good);
    counter.title = length > good ? "Longer than a phone's inbox shows" : "";
  }
}

// A fresh frame for every preview: replacing a frame's document in place would fill the history.
function refreshPreview(form, box) {
  const old = box.querySelectorAll("iframe");
  const next = document.createElement("iframe");
  next.name = `preview-${Date.now()}`;
  next.title = "The mail as readers see it";
  next.setAttribute("sandbox", "");
  next.dataset.coming = "";
  next.addEventListener("load", () => {
    delete next.dataset.coming;
    for (const frame of old) {
      frame.remove();
    }
  });
  box.append(next);
  const action = form.action;
  const button = form.querySelector("[data-preview]");
  button.formTarget = next.name;
  form.action = "/desk/preview";
  form.target = next.name;
  form.noValidate = true;
  form.submit();
  form.removeAttribute("target");
  form.noValidate = false;
  form.action = action;
}

async function check(form) {
  const answer = await fetch("/desk/check", {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
  });
  if (!answer.ok) {
    return;
  }
  const now = await answer.json();
  for (const key of ["subject", "audience", "reach"]) {
    for (const place of form.querySelectorAll(`[data-live="${key}"]`)) {
      place.textContent = now[key];
    }
  }
  for (const place of form.querySelectorAll("[data-problem]")) {
    // Holes are told at the review; while writing only what is wrong with what is there.
    const field = form.elements[place.dataset.problem];
    const empty = field && "value" in field && field.value.trim() === "";
    place.textContent = empty ? "" : (now.problems[place.dataset.problem] ?? "");
  }
}

function write(form) {
  const box = form.querySelector("[data-frame]");
  let dirty = false;
  const follow = later(() => {
    refreshPreview(form, box);
    check(form).catch(() => {});
  }, wait);
  form.addEventListener("input", (event) => {
    countCharacters(form);
    const summary = form.querySelector('[data-live="snippet"]');
    summary.textContent = form.elements.summary.value;
    if (event.target.name !== "view") {
      dirty = true;
    }
    follow();
  });
  form.addEventListener("submit", (event) => {
    if (!event.submitter?.hasAttribute("data-preview")) {
      dirty = false;
    }
  });
  window.addEventListener("beforeunload", (event) => {
    if (dirty) {
      event.preventDefault();
    }
  });
  form.querySelector("[data-preview]").hidden = true;
  countCharacters(form);
  refreshPreview(form, box);
}

// --- watching ---

function showDomains(table, rows) {
  const body = table.tBodies[0];
  const labels = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  body.replaceChildren(
    ...rows.map((row) => {
      const line = document.createElement("tr");
      row.forEach((text, i) => {
        const cell = line.insertCell();
        cell.textContent = text;
        cell.dataset.label = labels[i];
        cell.className = i > 0 ? "num" : "";
      });
      return line;
    }),
  );
}

function watch(page) {
  const places = [...page.querySelectorAll("[data-live]")];
  const source = new EventSource(page.dataset.watch);
  source.addEventListener("status", (event) => {
    const now = JSON.parse(event.data);
    for (const place of places) {
      const key = place.dataset.live;
      if (key === "line" || key === "area") {
        place.setAttribute("d", now[key]);
      } else if (key === "progress") {
        place.max = Math.max(now.audience_raw, 1);
        place.value = now.settled_raw;
      } else if (key === "domains") {
        showDomains(place, now.domains);
        place.closest("[data-domains]").hidden = now.domains.length === 0;
      } else if (place.textContent !== now[key]) {
        place.textContent = now[key];
      }
    }
  });
  // The final page has what only the ledger knows: the answers of the servers, grouped.
  source.addEventListener("end", () => {
    source.close();
    location.reload();
  });
}

// --- everywhere ---

function localTimes() {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  for (const time of document.querySelectorAll("time[datetime]")) {
    time.title = time.textContent;
    time.textContent = format.format(new Date(time.dateTime));
  }
}

function copyOnFocus(area) {
  area.addEventListener("focus", () => area.select());
}

// A second press of Release would be harmless; it should also look so.
function pressOnce(form) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button");
    setTimeout(() => {
      button.disabled = true;
      button.textContent = "Releasing…";
    });
  });
}

// The overview has no events of its own; while something is on the wire it is fetched anew.
function reloadWhileSeen() {
  setInterval(() => {
    if (document.visibilityState === "visible") {
      location.reload();
    }
  }, 3000);
}

localTimes();
if (document.querySelector("[data-refresh]")) {
  reloadWhileSeen();
}
document.querySelectorAll("[data-copy]").forEach(copyOnFocus);
document.querySelectorAll("[data-once]").forEach(pressOnce);
const form = document.querySelector("[data-compose]");
if (form) {
  write(form);
}
const running = document.querySelector("[data-watch]");
if (running?.dataset.watch) {
  watch(running);
}
