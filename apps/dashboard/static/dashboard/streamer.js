// A streamer's lives, one bar each.
"use strict";

import { byId, data } from "./common.js";
import { Chart } from "./charts.js";

const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const points = data("points");
const name = (index) => (points[index] ? day.format(new Date(points[index].at * 1000)) : "");

for (const [id, field, colour] of [["chart-viewers", "viewers", "--series-0"], ["chart-diamonds", "diamonds", "--series-2"]]) {
  if (byId(id)) {
    const chart = new Chart(byId(id), [{ label: field, colour, fill: true }], { height: 190, time: false, bars: true, formatX: name });
    chart.set([points.map((_, index) => index), points.map((point) => point[field])]);
  }
}
