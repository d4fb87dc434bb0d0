// What the pages' scripts share.
"use strict";

export const numbers = new Intl.NumberFormat();
export const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
export const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
export const minute = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayOfAYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

export function isToday(date) {
  return date.toDateString() === new Date().toDateString();
}

export function dayOf(date) {
  return (date.getFullYear() === new Date().getFullYear() ? day : dayOfAYear).format(date);
}

// A moment by this browser's clock, with its day unless that is today.
export function when(date, time = minute) {
  return isToday(date) ? time.format(date) : `${dayOf(date)}, ${time.format(date)}`;
}

export function byId(id) {
  return document.getElementById(id);
}

export function data(id) {
  return JSON.parse(byId(id).textContent);
}

export function element(tag, className, text) {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

export function bytes(size) {
  if (size < 1e6) return `${Math.max(1, Math.round(size / 1e3))} kB`;
  return size < 1e9 ? `${(size / 1e6).toFixed(1)} MB` : `${(size / 1e9).toFixed(2)} GB`;
}

export class Refused extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

// JSON of our own API. Raises Refused with the API's sentence for people.
export async function ask(path, options = {}) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  const headers = { ...(options.body ? { "Content-Type": "application/json", "X-CSRFToken": token.value } : {}) };
  const response = await fetch(path, { credentials: "same-origin", headers, ...options });
  if (response.status === 401) throw new Refused("You are signed out. Reload the page to sign in again.", 401);
  const content = response.status === 204 ? null : await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(content.detail || "The server could not answer. Try again in a moment.", response.status);
  return content;
}
