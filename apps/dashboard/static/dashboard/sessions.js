// The live check below the box, and fresh cards of what runs; reloads when one begins or ends.
"use strict";

import { ask, byId, element, numbers } from "./common.js";

const REFRESH_MS = 3000;
const CHECK_AFTER_MS = 700;
const input = byId("username");
const check = byId("live-check");
let timer = 0;

// --- Is the streamer live? -----------------------------------------------------------------------

const NAME = /^(?:https?:\/\/)?(?:(?:www\.|m\.)?tiktok\.com\/)?@?([A-Za-z0-9_.]{2,30})(?:\/live)?\/?(?:\?.*)?$/;
const ADVICE = {
  offline: "Start anyway and it ends at once; or watch them on the Streamers page, and the next live is captured by itself.",
  unknown_user: "Check the spelling: it is the name in their profile's address.",
  captcha: "You can start the capture all the same; it is tried for a while.",
  blocked: "You can start the capture all the same; it is tried for a while.",
  rate_limited: "Wait a few minutes, or set a key of your own for the sign server.",
  age_restricted: "TikTok shows such lives only to people who are signed in.",
  unreachable: "Check this server's network.",
};

function show(status, sentence) {
  const badge = element("span", `badge ${status}`, status.replaceAll("_", " "));
  check.replaceChildren(badge, ` ${sentence} ${ADVICE[status] || ""}`);
}

async function checkLive() {
  const typed = input.value.trim();
  const match = NAME.exec(typed);
  if (!typed) return check.replaceChildren();
  if (!match) return check.replaceChildren("A TikTok name has 2 to 30 letters, digits, underscores or full stops.");
  check.replaceChildren("Looking whether they are live …");
  try {
    const found = await ask(`/api/streamers/${encodeURIComponent(match[1])}/live`);
    if (input.value.trim() === typed) show(found.status, found.detail);
  } catch (error) {
    if (input.value.trim() === typed) check.replaceChildren(error.message);
  }
  return undefined;
}

input?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(checkLive, CHECK_AFTER_MS);
});

// --- What runs -----------------------------------------------------------------------------------

function showCard(card, session) {
  for (const cell of card.querySelectorAll("[data-field]")) {
    const value = session[cell.dataset.field];
    cell.textContent = typeof value === "number" ? numbers.format(value) : value;
  }
  const badge = card.querySelector(".badge");
  badge.className = `badge ${session.status}`;
  badge.textContent = session.status;
}

async function refresh() {
  if (document.hidden) return;
  const { sessions } = await ask("/api/sessions?status=open&limit=100");
  const shown = new Map([...document.querySelectorAll("[data-session]")].map((card) => [card.dataset.session, card]));
  for (const session of sessions) if (shown.has(session.id)) showCard(shown.get(session.id), session);
  if (sessions.length !== shown.size || sessions.some((session) => !shown.has(session.id))) {
    if (!input?.value && document.activeElement === document.body) location.reload();
  }
}

setInterval(() => refresh().catch(() => {}), REFRESH_MS);
