// The session page: a snapshot in the page, then what comes, by server-sent events.
// What TikTok's users wrote is only ever set as text.
"use strict";

import { ask, byId, clock, data, element, isToday, numbers, span, when } from "./common.js";
import { Statistics } from "./statistics.js";
import { offerExport } from "./export.js";

const MAX_ROWS = 250;
const MAX_OLDER_ROWS = 3000;
const FEED_SIZE = 100;
const MAX_LOOKS = 40;
const ANNOUNCE_MS = 20000;
const SEARCH_AFTER_MS = 350;
const RETRY_MS = 3000;
const snapshot = data("snapshot");
const feed = byId("feed");
const link = byId("link");
const pauseButton = byId("pause");
const older = byId("older");
const filters = byId("filters");
const chips = [...filters.querySelectorAll(".chip")];
const base = `/api/sessions/${snapshot.session.id}`;

let session = snapshot.session;
let source = null;
let retryTimer = 0;
let types = [];
let search = "";
let waiting = [];
let paused = false;
let drawing = false;
let lastId = 0;
let cursor = snapshot.next_cursor;
let room = MAX_ROWS;
let unsaid = new Map();

// --- Rows ------------------------------------------------------------------------------------

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
  const moment = new Date(event.happened_at);
  item.classList.toggle("dated", !isToday(moment));
  const time = element("time", "", when(moment, clock));
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
  for (const event of waiting.splice(0).slice(-room).reverse()) rows.append(row(event));
  const reading = feed.scrollTop > 40;
  const before = feed.scrollHeight;
  feed.prepend(rows);
  if (reading) feed.scrollTop += feed.scrollHeight - before;
  if (feed.children.length > room && cursor === null) cursor = Number(feed.lastElementChild.dataset.id);
  while (feed.children.length > room) {
    feed.lastElementChild.remove();
    cursor = Number(feed.lastElementChild.dataset.id);
  }
  showEnds();
}

function showEnds() {
  const isEmpty = feed.children.length === 0;
  byId("feed-empty").hidden = !isEmpty;
  byId("feed-empty").textContent = search || types.length ? "No event matches." : "Nothing yet.";
  older.hidden = cursor === null;
}

// Whether an event that comes live passes the search; the server does it for stored ones.
function matches(event) {
  if (!search) return true;
  if (search.startsWith("@")) return event.unique_id.toLowerCase() === search.slice(1).toLowerCase();
  return event.text.toLowerCase().includes(search.toLowerCase());
}

function add(events, { live = false } = {}) {
  for (const event of events) lastId = Math.max(lastId, event.id);
  const passing = live ? events.filter(matches) : events;
  for (const event of live ? passing : []) unsaid.set(event.category, (unsaid.get(event.category) || 0) + 1);
  waiting.push(...passing);
  if (waiting.length > 5000) waiting = waiting.slice(-MAX_ROWS);
  if (!drawing) {
    drawing = true;
    requestAnimationFrame(draw);
  }
}

// A screen reader hears a sum now and then instead of every event.
function announce() {
  if (!unsaid.size || paused) return;
  const parts = [...unsaid].sort((a, b) => b[1] - a[1]).slice(0, 4);
  byId("announcer").textContent = `New: ${parts.map(([name, count]) => `${count} ${name.replaceAll("_", " ")}`).join(", ")}`;
  unsaid = new Map();
}

// --- The session's state -----------------------------------------------------------------------

function showSession() {
  for (const cell of document.querySelectorAll("#tiles [data-field]")) {
    cell.textContent = numbers.format(session[cell.dataset.field]);
  }
  const status = byId("status");
  status.className = `badge ${session.status}`;
  status.textContent = session.status;
  const problem = byId("problem");
  problem.className = `badge ${session.problem}`;
  problem.textContent = session.problem.replaceAll("_", " ");
  problem.hidden = !session.problem;
  const said = session.status_detail || session.status;
  if (byId("sentence").textContent !== said) byId("sentence").textContent = said;
  for (const counter of document.querySelectorAll("[data-counter]")) {
    const count = session.counters[counter.dataset.counter] || 0;
    counter.textContent = numbers.format(count);
    counter.parentElement.hidden = count === 0 && !types.includes(counter.dataset.counter);
  }
  const stop = byId("stop");
  if (stop) {
    stop.hidden = Boolean(session.ended_at);
    stop.querySelector("button").disabled = session.stop_requested;
  }
  const lastAt = session.last_event_at ? new Date(session.last_event_at) : null;
  byId("last-event").textContent = lastAt ? when(lastAt, clock) : "none yet";
  byId("room").textContent = session.room_id || "not known yet";
  showGaps();
  showDuration();
}

function showGaps() {
  const gaps = session.gaps || [];
  byId("gaps-none").hidden = gaps.length > 0;
  byId("gaps").replaceChildren(...gaps.map((gap) => {
    const from = new Date(gap.from_at);
    const lasted = gap.to_at ? span(new Date(gap.to_at) - from) : "still open";
    const item = document.createElement("li");
    item.append(element("strong", "", `${when(from, clock)} · ${lasted}`));
    item.append(element("span", "faint", gap.detail || gap.cause.replaceAll("_", " ")));
    return item;
  }));
}

function showDuration() {
  const text = byId("duration");
  if (!session.started_at) {
    text.textContent = "not connected yet";
    return;
  }
  const end = session.ended_at ? new Date(session.ended_at) : new Date();
  text.textContent = `${session.ended_at ? "lasted" : "live for"} ${span(end - new Date(session.started_at))}`;
}

// --- The stream --------------------------------------------------------------------------------

function showLink(text, bad) {
  if (link.textContent !== text) link.textContent = text;
  link.className = bad ? "link-state bad" : "link-state";
}

// EventSource gives up at any other answer than 200, such as a restarting server's 502.
function lost() {
  showLink("Reconnecting…", true);
  if (source.readyState === EventSource.CLOSED) retryTimer = setTimeout(tryAgain, RETRY_MS);
}

async function tryAgain() {
  const closed = source;
  try {
    const now = await ask(base);
    if (source !== closed) return; // a filter was chosen meanwhile
    session = now;
    showSession();
    listen();
  } catch (error) {
    if (source !== closed) return;
    if ([401, 403, 404].includes(error.status)) showLink("The stream is closed. Reload the page.", true);
    else retryTimer = setTimeout(tryAgain, RETRY_MS);
  }
}

function hangUp() {
  clearTimeout(retryTimer);
  if (source) source.close();
}

function listen() {
  hangUp();
  const query = new URLSearchParams({ last_event_id: lastId });
  if (types.length) query.set("types", types.join(","));
  source = new EventSource(`${base}/stream?${query}`);
  source.onopen = () => showLink("● following");
  source.onerror = lost;
  const take = (message) => add([JSON.parse(message.data)], { live: true });
  for (const chip of chips) if (chip.dataset.type) source.addEventListener(chip.dataset.type, take);
  source.addEventListener("stats", (message) => {
    lastId = Math.max(lastId, Number(message.lastEventId)); // how far it is, with these filters
    session = JSON.parse(message.data);
    showSession();
  });
  source.addEventListener("end", (message) => {
    source.close();
    session = JSON.parse(message.data);
    showSession();
    showLink("ended");
    statistics.refresh(session);
  });
}

// --- Filters and search ------------------------------------------------------------------------

function query(more = {}) {
  const asked = new URLSearchParams({ limit: FEED_SIZE, type: types.join(","), ...more });
  if (search) asked.set(search.startsWith("@") ? "user" : "text", search.replace(/^@/, ""));
  return `${base}/events?${asked}`;
}

async function reload() {
  hangUp();
  const asked = query();
  let page = await ask(asked);
  // A search looks through a part of a long session at a time, which may hold no match.
  for (let looks = 0; looks < MAX_LOOKS && !page.events.length && page.next_cursor !== null; looks += 1) {
    page = await ask(query({ cursor: page.next_cursor }));
  }
  if (asked !== query()) return; // something else was chosen meanwhile
  waiting = [];
  room = MAX_ROWS;
  cursor = page.next_cursor;
  feed.replaceChildren();
  add(page.events.reverse());
  listen();
}

function reloadOrSay() {
  reload().catch((error) => showLink(error.message, true));
}

function choose(type) {
  if (!type) types = [];
  else if (types.includes(type)) types = types.filter((name) => name !== type);
  else types = [...types, type];
  for (const chip of chips) {
    const on = chip.dataset.type ? types.includes(chip.dataset.type) : types.length === 0;
    chip.setAttribute("aria-pressed", String(on));
  }
  reloadOrSay();
}

async function showOlder() {
  older.disabled = true;
  try {
    const page = await ask(query({ cursor }));
    room = Math.min(MAX_OLDER_ROWS, feed.children.length + page.events.length + MAX_ROWS);
    cursor = page.next_cursor;
    feed.append(...page.events.map(row));
    showEnds();
  } finally {
    older.disabled = false;
  }
}

filters.addEventListener("click", (event) => {
  const chip = event.target.closest(".chip");
  if (chip) choose(chip.dataset.type);
});
let searchTimer = 0;
const searchNow = () => {
  clearTimeout(searchTimer);
  const asked = byId("search").value.trim();
  if (asked === search || asked === "@") return;
  search = asked;
  reloadOrSay();
};
byId("search").addEventListener("input", () => {
  clearTimeout(searchTimer);
  searchTimer = setTimeout(searchNow, SEARCH_AFTER_MS);
});
byId("feed-search").addEventListener("submit", (event) => {
  event.preventDefault();
  searchNow();
});
older.addEventListener("click", () => showOlder().catch((error) => showLink(error.message, true)));
pauseButton.addEventListener("click", () => {
  paused = !paused;
  pauseButton.setAttribute("aria-pressed", String(paused));
  if (!paused) pauseButton.textContent = "Pause";
  draw();
});

// --- Begin -------------------------------------------------------------------------------------

const statistics = new Statistics(base, () => session);
offerExport(base);
showSession();
add(snapshot.events.reverse());
setInterval(showDuration, 1000);
setInterval(announce, ANNOUNCE_MS);
listen();
