// One overlay. It asks for its state every few seconds, which tells the session to follow (a new
// one when the streamer goes live again) and whether the token still holds; events come by SSE.
// What TikTok's users wrote is only ever set as text.
"use strict";

const STATE_MS = 4000;
const CHAT_ROWS = 30;
const ALERT_MS = 4500;
const ALERTS_WAITING = 40;

const root = document.documentElement;
const { kind, types } = root.dataset;
const stage = document.getElementById("stage");
const numbers = new Intl.NumberFormat();
const token = location.pathname.split("/")[2];

let state = null;
let sessionId = null;
let source = null;
let lastId = 0;

function element(tag, className, text) {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

function nameOf(event) {
  return event.nickname || event.unique_id || "Someone";
}

// --- Chat ----------------------------------------------------------------------------------------

function colour(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 997;
  return `c${sum % 8}`;
}

function showChat(event) {
  if (!event.text) return;
  const row = document.createElement("li");
  row.append(element("b", colour(nameOf(event)), nameOf(event)), event.text);
  stage.append(row);
  while (stage.children.length > CHAT_ROWS) stage.firstElementChild.remove();
}

// --- Alerts --------------------------------------------------------------------------------------

const alerts = [];
let showing = null;

function alertOf(event) {
  if (event.category === "gift") {
    const data = event.data;
    if ((data.diamonds || 0) < state.min_diamonds) return null;
    const key = data.streak_id ? `${event.user_id}:${data.gift_id}:${data.streak_id}` : `${event.id}`;
    return { key, icon: "🎁", name: nameOf(event), what: `sent ${numbers.format(data.count || 1)} × ${data.name || "a gift"}` };
  }
  const what = { follow: ["💗", "follows now"], share: ["📣", "shared the live"], subscribe: ["⭐", "subscribed"] }[event.subtype];
  return what ? { key: `${event.id}`, icon: what[0], name: nameOf(event), what: what[1] } : null;
}

function addAlert(event) {
  const alert = alertOf(event);
  if (!alert) return;
  if (showing && showing.key === alert.key) {
    showing.node.querySelector(".what").textContent = alert.what; // the streak grows
    return;
  }
  const waiting = alerts.find((other) => other.key === alert.key);
  if (waiting) waiting.what = alert.what;
  else if (alerts.length < ALERTS_WAITING) alerts.push(alert);
  if (!showing) nextAlert();
}

function nextAlert() {
  const alert = alerts.shift();
  if (!alert) return;
  const node = element("div", "alert", "");
  node.append(element("span", "icon", alert.icon), element("div", "name", alert.name), element("div", "what", alert.what));
  showing = { key: alert.key, node };
  stage.replaceChildren(node);
  setTimeout(() => node.classList.add("leaving"), ALERT_MS - 300);
  setTimeout(() => {
    node.remove();
    showing = null;
    nextAlert();
  }, ALERT_MS);
}

// --- Goal and gifters ----------------------------------------------------------------------------

function showGoal(session) {
  const value = session ? session[state.metric] : 0;
  const target = Math.max(1, state.target);
  document.getElementById("title").textContent = state.title || `Goal: ${state.metric}`;
  document.getElementById("figures").textContent = `${numbers.format(value)} / ${numbers.format(target)}`;
  document.getElementById("fill").style.width = `${Math.min(100, (100 * value) / target)}%`;
  stage.classList.toggle("reached", value >= target);
}

function showGifters() {
  document.getElementById("title").textContent = state.title || "Top gifters";
  const rows = (state.gifters || []).map((gifter, index) => {
    const row = document.createElement("li");
    row.append(element("span", "", `${index + 1}. ${nameOf(gifter)}`), element("span", "", `${numbers.format(gifter.diamonds)} ◆`));
    return row;
  });
  if (!rows.length) rows.push(element("li", "none", "Who will be the first?"));
  document.getElementById("gifters").replaceChildren(...rows);
}

function show() {
  if (kind === "goal") showGoal(state.session);
  if (kind === "gifters") showGifters();
}

// --- Following -----------------------------------------------------------------------------------

function take(event) {
  if (kind === "chat") showChat(event);
  if (kind === "alerts") addAlert(event);
}

function follow() {
  if (source) source.close();
  const query = new URLSearchParams({ overlay: token, types, last_event_id: lastId });
  source = new EventSource(`/api/sessions/${sessionId}/stream?${query}`);
  for (const type of types.split(",")) {
    source.addEventListener(type, (message) => {
      lastId = Math.max(lastId, Number(message.lastEventId));
      take(JSON.parse(message.data));
    });
  }
  source.addEventListener("stats", (message) => {
    lastId = Math.max(lastId, Number(message.lastEventId)); // how far it is, seen or not
    if (kind === "goal") showGoal(JSON.parse(message.data));
  });
  source.addEventListener("end", () => source.close());
}

function stop() {
  if (source) source.close();
  source = sessionId = null;
  stage.replaceChildren();
  stage.hidden = true; // nothing of an error in the picture
}

async function refresh() {
  const response = await fetch(`/overlay/${token}/state`, { cache: "no-store" });
  if (response.status === 404) return stop();
  if (!response.ok) return undefined;
  state = await response.json();
  const session = state.session;
  show();
  if (!session) return undefined;
  const isNew = session.id !== sessionId;
  const isOpen = !session.ended_at;
  if (isNew) {
    sessionId = session.id;
    lastId = session.last_event_id;
  }
  root.dataset.session = sessionId;
  if (isOpen && (isNew || !source || source.readyState === EventSource.CLOSED)) follow();
  return undefined;
}

// --- Preview: made-up events, so that one sees how it looks ----------------------------------------

const PEOPLE = ["Mina", "Théo", "Noor", "big_fan_99", "Zoë"];
const LINES = ["hello from Lisbon!", "this is so good 🔥", "can you play the last one again?", "❤️❤️❤️", "first time here"];

function pick(list) {
  return list[Math.floor(Math.random() * list.length)];
}

function preview() {
  state = {
    title: "", metric: "diamonds", target: 1000, min_diamonds: 0,
    gifters: PEOPLE.map((nickname, index) => ({ nickname, diamonds: 900 - index * 170 })),
  };
  let value = 420;
  const tick = () => {
    value = value > 980 ? 120 : value + 35;
    if (kind === "goal") showGoal({ diamonds: value });
    if (kind === "gifters") showGifters();
    take({ id: Date.now(), category: Math.random() < 0.6 ? "gift" : "social", subtype: "follow", nickname: pick(PEOPLE), text: pick(LINES), data: { name: "Rose", count: 5, diamonds: 5 } });
  };
  tick();
  setInterval(tick, 1600);
}

if ("preview" in root.dataset) {
  preview();
} else {
  const again = () => refresh().catch(() => {}).finally(() => setTimeout(again, STATE_MS));
  again();
}
