// What every page needs: times by this browser's clock (without this script they stand there in
// UTC), and on a narrow screen the place in the menu where one is.
"use strict";

import { when } from "./common.js";

const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

for (const time of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(time.dateTime);
  time.textContent = when(moment);
  time.title = whole.format(moment);
}

const here = document.querySelector("nav [aria-current]");
if (here) {
  const menu = here.parentElement;
  menu.scrollLeft = here.offsetLeft - menu.offsetLeft - (menu.clientWidth - here.offsetWidth) / 2;
}
