// Curves of lives by minute since each began.
"use strict";

import { byId, data } from "./common.js";
import { Chart, COLOURS } from "./charts.js";

if (byId("compared")) {
  const sessions = data("compared");
  const begun = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const series = sessions.map((session, index) => ({ label: begun.format(new Date(session.created_at)), colour: COLOURS[index] }));
  const chart = new Chart(byId("chart"), series, { time: false, height: 300, formatX: (x) => `${x} min` });

  const values = (session, metric, length) => {
    const found = new Map(session.curve.map((point) => [point.minute, point[metric]]));
    const last = session.curve.length ? session.curve[session.curve.length - 1].minute : -1;
    let sum = 0;
    let latest = null;
    return Array.from({ length }, (_, index) => {
      if (index > last) return null;
      const value = found.get(index) || 0;
      if (metric === "diamonds") return (sum += value);
      if (metric === "events") return value;
      if (value) latest = value; // viewers stay what they were until the next count
      return latest;
    });
  };
  const draw = () => {
    const metric = byId("metric").value;
    const length = 1 + Math.max(0, ...sessions.flatMap((session) => session.curve.map((point) => point.minute)));
    chart.set([Array.from({ length }, (_, index) => index), ...sessions.map((session) => values(session, metric, length))]);
  };
  byId("metric").addEventListener("change", draw);
  draw();
}
