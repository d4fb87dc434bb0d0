// How far the running exports are; loads the page anew when one is ready.
"use strict";

import { ask, byId, numbers } from "./common.js";

const REFRESH_MS = 2000;
const open = () => [...document.querySelectorAll("tr[data-status=waiting], tr[data-status=running]")];

async function refresh() {
  const rows = open();
  if (document.hidden || !rows.length) return;
  const { exports } = await ask("/api/exports");
  const found = new Map(exports.map((each) => [each.id, each]));
  for (const row of rows) {
    const now = found.get(row.dataset.export);
    if (!now || !["waiting", "running"].includes(now.status)) {
      location.reload();
      return;
    }
    row.querySelector("[data-field=rows]").textContent = numbers.format(now.rows);
    row.querySelector(".badge").textContent = now.status;
    const bar = row.querySelector("progress");
    bar.max = now.total || 1;
    bar.value = now.rows;
    byId("exports-status").textContent = `${now.format}: ${numbers.format(now.rows)} of ${numbers.format(now.total)} events`;
  }
}

if (open().length) setInterval(() => refresh().catch(() => {}), REFRESH_MS);
