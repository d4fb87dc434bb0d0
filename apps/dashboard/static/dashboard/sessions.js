// Keeps the cards of running sessions fresh; reloads when one begins or ends.
"use strict";

const REFRESH_MS = 3000;
const numbers = new Intl.NumberFormat();

function cards() {
  return new Map([...document.querySelectorAll("[data-session]")].map((card) => [card.dataset.session, card]));
}

function show(card, session) {
  for (const cell of card.querySelectorAll("[data-field]")) {
    const value = session[cell.dataset.field];
    cell.textContent = typeof value === "number" ? numbers.format(value) : value;
  }
  const badge = card.querySelector(".badge");
  badge.className = `badge ${session.status}`;
  badge.textContent = session.status;
}

async function refresh() {
  if (document.hidden || !document.getElementById("running")) return;
  const response = await fetch("/api/sessions?status=open&limit=100", { credentials: "same-origin" });
  if (!response.ok) return;
  const { sessions } = await response.json();
  const shown = cards();
  if (sessions.length !== shown.size || sessions.some((session) => !shown.has(session.id))) {
    if (!document.activeElement || document.activeElement.id !== "username") location.reload();
    return;
  }
  for (const session of sessions) show(shown.get(session.id), session);
}

setInterval(() => refresh().catch(() => {}), REFRESH_MS);
