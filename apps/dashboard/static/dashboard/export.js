// The export dialog: a file made in the background, with progress.
"use strict";

import { ask, byId, bytes, numbers } from "./common.js";

const LOOK_MS = 700;

export function offerExport(base) {
  const dialog = byId("export");
  if (!byId("export-open")) return; // this operator may not
  byId("export-open").hidden = false;
  byId("export-open").addEventListener("click", () => dialog.showModal());
  byId("export-close").addEventListener("click", () => dialog.close());
  byId("export-form").addEventListener("submit", (event) => {
    event.preventDefault();
    make(base).catch((error) => finish(error.message));
  });
  byId("export-form").addEventListener("change", () => {
    byId("export-link").hidden = true;
    byId("export-start").hidden = false;
  });
}

function wanted() {
  const form = new FormData(byId("export-form"));
  const body = { format: form.get("format"), type: form.getAll("type").join(","), text: form.get("text"), user: form.get("user") };
  for (const name of ["since", "until"]) {
    if (form.get(name)) body[name] = new Date(form.get(name)).toISOString();
  }
  return body;
}

async function make(base) {
  byId("export-start").disabled = true;
  byId("export-link").hidden = true;
  byId("export-progress").hidden = false;
  byId("export-bar").removeAttribute("value");
  say("Waiting for a worker …");
  let job = await ask(`${base}/exports`, { method: "POST", body: JSON.stringify(wanted()) });
  while (job.status === "waiting" || job.status === "running") {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    job = await ask(`/api/exports/${job.id}`);
    if (job.total) {
      byId("export-bar").max = job.total;
      byId("export-bar").value = job.rows;
      say(`${numbers.format(job.rows)} of ${numbers.format(job.total)} events`);
    }
  }
  if (job.status !== "done") return finish(job.error || "The export was stopped.");
  finish(`Ready: ${numbers.format(job.rows)} events, ${bytes(job.size)}.`);
  byId("export-start").hidden = true;
  const link = byId("export-link");
  link.href = job.url;
  link.hidden = false;
  link.focus();
  return undefined;
}

function say(text) {
  byId("export-status").textContent = text;
}

function finish(text) {
  say(text);
  byId("export-progress").hidden = true;
  byId("export-start").disabled = false;
}
