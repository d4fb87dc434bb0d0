// The preview follows the choice, fields that don't matter are hidden, and the address is copied.
"use strict";

import { byId } from "./common.js";

const form = byId("overlay-form");

function show() {
  const kind = form.elements.kind.value;
  for (const part of form.querySelectorAll("[data-for]")) {
    part.hidden = !part.dataset.for.split(" ").includes(kind);
  }
  const address = `/dashboard/overlays/preview/${kind}/`;
  if (new URL(byId("preview").src).pathname !== address) byId("preview").src = address;
}

if (form) { // this operator may make one
  form.addEventListener("change", show);
  show();
}

if (byId("copy")) {
  const field = byId("new-url");
  field.addEventListener("focus", () => field.select());
  byId("copy").addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      byId("copied").textContent = "Copied.";
    } catch {
      byId("copied").textContent = "It is selected: press Ctrl+C (or ⌘C) to copy it.";
    }
  });
}
