// Every time of the page by this browser's clock. Without this script they stand there in UTC.
"use strict";

import { when } from "./common.js";

const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

for (const time of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(time.dateTime);
  time.textContent = when(moment);
  time.title = whole.format(moment);
}
