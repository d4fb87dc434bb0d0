// The page of live rooms: the chosen room's video by HLS, and its events by server-sent events.
// What viewers wrote is only ever set as text.
"use strict";

const MAX_ROWS = 200;
const RETRY_MS = 3000;
const numbers = new Intl.NumberFormat();
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

// --- The video -------------------------------------------------------------------------------

function play(player) {
  const note = document.getElementById("player-note");
  const address = player.dataset.playlist;
  player.addEventListener("playing", () => { note.hidden = true; });
  if (!window.Hls || !Hls.isSupported()) {
    player.src = address; // Safari plays HLS by itself
    player.play().catch(() => {});
    return;
  }
  const hls = new Hls({ enableWorker: false, liveDurationInfinity: true });
  hls.on(Hls.Events.MANIFEST_PARSED, () => player.play().catch(() => {}));
  hls.on(Hls.Events.ERROR, (_, problem) => {
    if (!problem.fatal) return;
    // No video yet, a break, or a session that MediaMTX has closed: ask again from the beginning.
    note.textContent = "Waiting for the video …";
    note.hidden = false;
    setTimeout(() => hls.loadSource(address), RETRY_MS);
  });
  hls.loadSource(address);
  hls.attachMedia(player);
}

// --- The events ------------------------------------------------------------------------------

function element(tag, className, text) {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

function value(event) {
  if (event.category === "gift" && event.data.diamonds) return `${numbers.format(event.data.diamonds)} ◆`;
  if (event.category === "like" && event.data.count) return `+${numbers.format(event.data.count)} ♥`;
  return "";
}

function row(event) {
  const item = element("li", "", "");
  item.dataset.kind = event.category;
  const time = element("time", "", clock.format(new Date(event.happened_at)));
  time.dateTime = event.happened_at;
  const said = element("span", "said", "");
  const who = event.nickname || event.unique_id;
  if (who) said.append(element("span", "who", who));
  said.append(event.text || event.subtype || event.category);
  const kind = element("span", "kind", event.category.replaceAll("_", " "));
  item.append(time, kind, said, element("span", "value", value(event)));
  return item;
}

function follow(snapshot) {
  const feed = document.getElementById("feed");
  const link = document.getElementById("link");
  let lastId = 0;

  function add(event) {
    if (event.id <= lastId) return;
    lastId = event.id;
    const reading = feed.scrollTop > 40;
    const before = feed.scrollHeight;
    feed.prepend(row(event));
    if (reading) feed.scrollTop += feed.scrollHeight - before;
    while (feed.children.length > MAX_ROWS) feed.lastElementChild.remove();
    document.getElementById("feed-empty").hidden = true;
  }

  function show(session) {
    for (const cell of document.querySelectorAll("#tiles [data-field]")) {
      cell.textContent = numbers.format(session[cell.dataset.field]);
    }
    const status = document.getElementById("status");
    const names = { waiting: "created", reconnecting: "interrupted" };
    status.className = `badge ${session.status}`;
    status.textContent = names[session.status] || session.status;
    const end = document.getElementById("end");
    if (end) end.hidden = Boolean(session.ended_at);
  }

  snapshot.events.reverse().forEach(add);
  document.getElementById("feed-empty").hidden = feed.children.length > 0;
  show(snapshot.session);
  if (snapshot.session.ended_at) {
    link.textContent = "ended";
    return;
  }
  function say(text, bad) {
    link.textContent = text;
    link.className = bad ? "link-state bad" : "link-state";
  }

  // EventSource gives up at any other answer than 200, such as a restarting server's 502.
  async function tryAgain() {
    const answer = await fetch(`/api/sessions/${snapshot.session.id}`).catch(() => null);
    if (answer && answer.ok) listen();
    else if (answer && [401, 403, 404].includes(answer.status)) say("The stream is closed. Reload the page.", true);
    else setTimeout(tryAgain, RETRY_MS);
  }

  function listen() {
    const source = new EventSource(`/api/sessions/${snapshot.session.id}/stream?last_event_id=${lastId}`);
    source.onopen = () => say("● following");
    source.onerror = () => {
      say("Reconnecting…", true);
      if (source.readyState === EventSource.CLOSED) setTimeout(tryAgain, RETRY_MS);
    };
    for (const category of snapshot.categories) {
      source.addEventListener(category, (message) => add(JSON.parse(message.data)));
    }
    source.addEventListener("stats", (message) => show(JSON.parse(message.data)));
    source.addEventListener("end", (message) => {
      source.close();
      show(JSON.parse(message.data));
      say("ended");
    });
  }

  listen();
}

const player = document.getElementById("player");
if (player) play(player);
const snapshot = document.getElementById("snapshot");
if (snapshot) follow(JSON.parse(snapshot.textContent));
