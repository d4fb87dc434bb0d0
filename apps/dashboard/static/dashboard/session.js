// The session page: a snapshot in the page, then what comes, by server-sent events.
// What TikTok's users wrote is only ever set as text.
"use strict";

const MAX_ROWS = 250;
const FEED_SIZE = 100;
const snapshot = JSON.parse(document.getElementById("snapshot").textContent);
const numbers = new Intl.NumberFormat();
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const feed = document.getElementById("feed");
const link = document.getElementById("link");
const pauseButton = document.getElementById("pause");
const filters = document.getElementById("filters");
const chips = [...filters.querySelectorAll(".chip")];
const base = `/api/sessions/${snapshot.session.id}`;

let session = snapshot.session;
let source = null;
let types = [];
let waiting = [];
let paused = false;
let drawing = false;
let lastId = 0;

// --- Rows ------------------------------------------------------------------------------------

function element(tag, className, text) {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

function sentence(event) {
  const name = event.nickname || event.unique_id;
  let text = event.text;
  if (name && text.startsWith(name)) text = text.slice(name.length).trim();
  if (text) return text;
  if (event.subtype === "viewers") return `${numbers.format(event.data.viewers)} watching`;
  if (event.category === "like") return `${numbers.format(event.data.count || 1)} likes`;
  if (event.subtype === "join") return "joined";
  if (!event.parsed) return `${event.type}, kept raw`;
  return event.subtype ? event.subtype.replaceAll("_", " ") : event.type.replace(/^Webcast|Message$/g, "");
}

function value(event) {
  if (event.category === "gift" && event.data.diamonds) return `${numbers.format(event.data.diamonds)} ◆`;
  if (event.category === "like" && event.data.count) return `+${numbers.format(event.data.count)} ♥`;
  return "";
}

function row(event) {
  const item = document.createElement("li");
  item.dataset.kind = event.category;
  item.dataset.id = event.id;
  const time = element("time", "", clock.format(new Date(event.happened_at)));
  time.dateTime = event.happened_at;
  const said = element("span", "said", "");
  const who = event.nickname || event.unique_id;
  if (who) {
    const name = element("span", "who", who);
    if (event.unique_id) name.title = `@${event.unique_id}`;
    said.append(name);
  }
  said.append(sentence(event));
  item.append(time, element("span", "kind", event.category.replaceAll("_", " ")), said, element("span", "value", value(event)));
  return item;
}

function draw() {
  drawing = false;
  if (paused) {
    pauseButton.textContent = waiting.length ? `Resume (${numbers.format(waiting.length)} new)` : "Resume";
    return;
  }
  const rows = document.createDocumentFragment();
  for (const event of waiting.splice(0).slice(-MAX_ROWS).reverse()) rows.append(row(event));
  const reading = feed.scrollTop > 40;
  const before = feed.scrollHeight;
  feed.prepend(rows);
  if (reading) feed.scrollTop += feed.scrollHeight - before;
  while (feed.children.length > MAX_ROWS) feed.lastElementChild.remove();
  document.getElementById("feed-empty").hidden = feed.children.length > 0;
}

function add(events) {
  for (const event of events) lastId = Math.max(lastId, event.id);
  waiting.push(...events);
  if (waiting.length > 5000) waiting = waiting.slice(-MAX_ROWS);
  if (!drawing) {
    drawing = true;
    requestAnimationFrame(draw);
  }
}

// --- The session's state -----------------------------------------------------------------------

function showSession() {
  for (const cell of document.querySelectorAll("#tiles [data-field]")) {
    cell.textContent = numbers.format(session[cell.dataset.field]);
  }
  const status = document.getElementById("status");
  status.className = `badge ${session.status}`;
  status.textContent = session.status;
  document.getElementById("sentence").textContent = session.status_detail || session.status;
  for (const counter of document.querySelectorAll("[data-counter]")) {
    const count = session.counters[counter.dataset.counter] || 0;
    counter.textContent = numbers.format(count);
    counter.parentElement.hidden = count === 0 && !types.includes(counter.dataset.counter);
  }
  const stop = document.getElementById("stop");
  if (stop) {
    stop.hidden = Boolean(session.ended_at);
    stop.querySelector("button").disabled = session.stop_requested;
  }
  const lastAt = session.last_event_at ? new Date(session.last_event_at) : null;
  document.getElementById("last-event").textContent = lastAt ? clock.format(lastAt) : "none yet";
  document.getElementById("room").textContent = session.room_id || "not known yet";
  showGaps();
  showDuration();
}

function showGaps() {
  const gaps = session.gaps || [];
  document.getElementById("gaps-none").hidden = gaps.length > 0;
  document.getElementById("gaps").replaceChildren(...gaps.map((gap) => {
    const from = new Date(gap.from_at);
    const lasted = gap.to_at ? span(new Date(gap.to_at) - from) : "still open";
    const item = document.createElement("li");
    item.append(element("strong", "", `${clock.format(from)} · ${lasted}`));
    item.append(element("span", "faint", gap.detail || gap.cause.replaceAll("_", " ")));
    return item;
  }));
}

function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

function showDuration() {
  const text = document.getElementById("duration");
  if (!session.started_at) {
    text.textContent = "not connected yet";
    return;
  }
  const end = session.ended_at ? new Date(session.ended_at) : new Date();
  text.textContent = `${session.ended_at ? "lasted" : "live for"} ${span(end - new Date(session.started_at))}`;
}

// --- The stream --------------------------------------------------------------------------------

function showLink(text, bad) {
  link.textContent = text;
  link.className = bad ? "link-state bad" : "link-state";
}

function listen() {
  if (source) source.close();
  const query = new URLSearchParams({ last_event_id: lastId });
  if (types.length) query.set("types", types.join(","));
  source = new EventSource(`${base}/stream?${query}`);
  source.onopen = () => showLink("● following");
  source.onerror = () => {
    const closed = source.readyState === EventSource.CLOSED;
    showLink(closed ? "The stream is closed. Reload the page." : "Reconnecting…", true);
  };
  const take = (message) => add([JSON.parse(message.data)]);
  for (const chip of chips) if (chip.dataset.type) source.addEventListener(chip.dataset.type, take);
  source.addEventListener("stats", (message) => {
    session = JSON.parse(message.data);
    showSession();
  });
  source.addEventListener("end", (message) => {
    source.close();
    session = JSON.parse(message.data);
    showSession();
    showLink("ended");
  });
}

async function choose(type) {
  if (!type) types = [];
  else if (types.includes(type)) types = types.filter((name) => name !== type);
  else types = [...types, type];
  for (const chip of chips) {
    const on = chip.dataset.type ? types.includes(chip.dataset.type) : types.length === 0;
    chip.setAttribute("aria-pressed", String(on));
  }
  if (source) source.close();
  const chosen = types;
  const response = await fetch(`${base}/events?limit=${FEED_SIZE}&type=${types.join(",")}`);
  if (!response.ok || chosen !== types) return;
  const { events } = await response.json();
  waiting = [];
  feed.replaceChildren();
  add(events.reverse());
  listen();
}

filters.addEventListener("click", (event) => {
  const chip = event.target.closest(".chip");
  if (chip) choose(chip.dataset.type).catch(() => showLink("The events could not be read.", true));
});
pauseButton.addEventListener("click", () => {
  paused = !paused;
  pauseButton.setAttribute("aria-pressed", String(paused));
  if (!paused) pauseButton.textContent = "Pause";
  draw();
});

showSession();
add(snapshot.events.reverse());
document.getElementById("feed-empty").hidden = feed.children.length > 0 || waiting.length > 0;
setInterval(showDuration, 1000);
listen();
