// The watch switches work at once; without this script each is a form that loads the page anew.
"use strict";

import { ask } from "./common.js";

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form.watch");
  if (!form) return;
  event.preventDefault();
  toggle(form).catch(() => form.submit());
});

async function toggle(form) {
  const button = form.querySelector("[role=switch]");
  const on = button.getAttribute("aria-checked") !== "true";
  const name = encodeURIComponent(form.elements.username.value);
  button.setAttribute("aria-checked", String(on));
  const token = form.elements.csrfmiddlewaretoken.value;
  await ask(`/api/streamers/${name}/watch`, { method: on ? "POST" : "DELETE", headers: { "X-CSRFToken": token, "Content-Type": "application/json" } });
  form.elements.on.value = on ? "0" : "1";
  form.closest("tr").querySelector("td.wide").textContent = on ? "watched from now on" : "not watched";
}
