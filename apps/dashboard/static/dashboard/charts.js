// Charts drawn by uPlot in the page's colours; drawn anew when the theme or the width changes.
/* global uPlot */
"use strict";

import { compact, dayOf, isToday, minute, numbers, when } from "./common.js";

export const COLOURS = ["--series-0", "--series-1", "--series-2", "--series-3", "--series-4", "--series-5"];

// Steps of the time axis, in seconds: its labels name minutes, so none is shorter.
const MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880, 10080].map((each) => each * 60);

const WHOLE = [1, 2, 5, 10, 15, 30, 60, 120, 240, 500, 1000];

// A custom property as a colour that a canvas understands.
function colour(name, alpha) {
  const probe = document.createElement("span");
  probe.style.color = alpha ? `color-mix(in srgb, var(${name}) ${alpha}%, transparent)` : `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

// Minutes, and below them the day where it begins, unless all of it is today.
function timesOfAxis(splits) {
  const moments = splits.map((x) => new Date(x * 1000));
  const days = moments.map((moment, index) => (index && moment.getDate() === moments[index - 1].getDate() ? "" : `\n${dayOf(moment)}`));
  const isAllToday = moments.every(isToday);
  return moments.map((moment, index) => minute.format(moment) + (isAllToday ? "" : days[index]));
}

function hatch(u, gaps) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const [from, to] of gaps) {
    const left = u.valToPos(from, "x", true);
    const width = Math.max(3, u.valToPos(to, "x", true) - left);
    ctx.fillStyle = colour("--bad", 14);
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.strokeStyle = colour("--bad", 45);
    ctx.beginPath();
    ctx.rect(left, bbox.top, width, bbox.height);
    ctx.clip();
    for (let x = left - bbox.height; x < left + width; x += 10) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
  }
  ctx.restore();
}

export class Chart {
  // `series`: [{label, colour: "--name", fill: bool}]. `time`: x is seconds since 1970, else as
  // `formatX` says.
  constructor(container, series, { time = true, height = 220, formatX = (x) => `${x}`, bars = false } = {}) {
    Object.assign(this, { container, series, time, height, bars, legend: series.length > 1 });
    this.formatX = time ? (x) => when(new Date(x * 1000)) : formatX;
    this.formatAxis = time ? timesOfAxis : (splits) => splits.map(formatX);
    this.steps = time ? MINUTES : WHOLE;
    this.gaps = [];
    this.columns = null;
    this.plot = null;
    document.addEventListener("themechange", () => this.draw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    new ResizeObserver(() => {
      if (this.plot && container.clientWidth) this.plot.setSize({ width: container.clientWidth, height });
    }).observe(container);
  }

  // `columns`: [xs, ys, ys ...]; `gaps`: [[from, to], ...] in x.
  set(columns, gaps = []) {
    const isFirst = !this.plot;
    this.columns = columns;
    this.gaps = gaps;
    const empty = this.container.parentElement.querySelector(".chart-empty");
    const hasData = columns[0].length > 0;
    if (empty) empty.hidden = hasData;
    this.container.hidden = !hasData;
    if (!hasData) return;
    if (isFirst) this.draw();
    else this.plot.setData(columns);
  }

  draw() {
    if (!this.columns || !this.columns[0].length) return;
    if (this.plot) this.plot.destroy();
    this.plot = new uPlot(this.options(), this.columns, this.container);
  }

  options() {
    const axis = { stroke: colour("--faint"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    return {
      width: this.container.clientWidth || 320,
      height: this.height,
      legend: { show: this.legend },
      cursor: { points: { size: 6 } },
      scales: { x: { time: this.time, ...(this.bars ? { range: (u, low, high) => [low - 0.6, high + 0.6] } : {}) }, y: { range: (u, low, high) => [0, Math.max(1, high * 1.08)] } },
      axes: [
        { ...axis, size: (u, values) => (values && values.some((text) => text.includes("\n")) ? 48 : 32), space: 64, incrs: this.steps, values: (u, splits) => this.formatAxis(splits) },
        { ...axis, size: 48, space: 36, values: (u, splits) => splits.map((y) => (Number.isInteger(y) || y >= 10 ? compact.format(y) : "")) },
      ],
      series: [
        { label: this.time ? "Time" : "Minute", value: (u, x) => (x === null ? "" : this.formatX(x)) },
        ...this.series.map((each) => ({
          label: each.label,
          stroke: colour(each.colour),
          fill: each.fill ? colour(each.colour, 14) : undefined,
          width: 2,
          spanGaps: true,
          ...(this.bars ? { paths: uPlot.paths.bars({ size: [0.6, 60] }), points: { show: false } } : {}),
          value: (u, y) => (y === null || y === undefined ? "" : numbers.format(y)),
        })),
      ],
      hooks: { drawClear: [(u) => hatch(u, this.gaps)] },
    };
  }
}
