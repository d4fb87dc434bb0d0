// Charts, top lists and words of the session page. Asked for again while the session runs.
"use strict";

import { ask, byId, element, numbers, when } from "./common.js";
import { Chart } from "./charts.js";

const REFRESH_MS = 5000;
const LONG_REFRESH_MS = 20000;
const LONG = 200000; // events; the sums of so many are asked for less often
const SLOW_EVERY = 6; // words and people, each so many refreshes
const WORDS = 24;
const RATES = [
  { label: "chat", colour: "--series-1" },
  { label: "gift", colour: "--series-2" },
  { label: "like", colour: "--series-0" },
  { label: "joins", colour: "--series-5", category: "member" },
  { label: "social", colour: "--series-3" },
  { label: "other", colour: "--series-4" },
];
const NAMED = RATES.map((rate) => rate.category || rate.label);
const MOST_MINUTES = 5000;

const seconds = (text) => Date.parse(text) / 1000;

// Every minute from the first to the last, so that a silent one is drawn as zero; before a single
// one the minute in which there was nothing yet, so that there is a line to see.
function allMinutes(times) {
  if (!times.length) return [];
  const last = times[times.length - 1];
  const first = Math.max(times.length > 1 ? times[0] : last - 60, last - MOST_MINUTES * 60);
  return Array.from({ length: Math.round((last - first) / 60) + 1 }, (_, index) => first + index * 60);
}

export class Statistics {
  constructor(base, session) {
    this.base = base;
    this.session = session;
    this.rounds = 0;
    this.rate = new Chart(byId("chart-rate"), RATES, { height: 240 });
    this.viewers = new Chart(byId("chart-viewers"), [{ label: "viewers", colour: "--series-0", fill: true }]);
    this.diamonds = new Chart(byId("chart-diamonds"), [{ label: "diamonds", colour: "--series-2", fill: true }]);
    this.refresh();
    this.plan();
  }

  plan() {
    setTimeout(() => {
      const due = !document.hidden && !this.session().ended_at;
      Promise.resolve(due ? this.refresh() : null).finally(() => this.plan());
    }, this.session().total > LONG ? LONG_REFRESH_MS : REFRESH_MS);
  }

  refresh() {
    const slow = this.rounds % SLOW_EVERY === 0 || this.session().ended_at || this.rounds < 3;
    this.rounds += 1;
    const asked = [this.showSums(), this.showViewers()];
    if (slow) asked.push(this.showWords(), this.showReturning());
    return Promise.allSettled(asked);
  }

  gaps() {
    return (this.session().gaps || []).map((gap) => [seconds(gap.from_at), gap.to_at ? seconds(gap.to_at) : Date.now() / 1000]);
  }

  async showSums() {
    const found = await ask(`${this.base}/stats?top=10`);
    byId("people").textContent = numbers.format(found.unique_users);
    showPeak(found.peak_minute);
    this.drawRate(found.minutes);
    this.drawDiamonds(found.gift_minutes);
    showPeople("top_chatters", found.top_chatters, (person) => numbers.format(person.chats));
    showPeople("top_gifters", found.top_gifters, (person) => `${numbers.format(person.diamonds)} ◆`);
    showPeople("top_likers", found.top_likers, (person) => `${numbers.format(person.likes)} ♥`);
  }

  drawRate(minutes) {
    const found = new Map(minutes.map((each) => [seconds(each.minute), each]));
    const times = allMinutes([...found.keys()]);
    const column = (rate, index) => times.map((time) => {
      const each = found.get(time);
      if (!each) return 0;
      if (index < RATES.length - 1) return each.categories[rate.category || rate.label] || 0;
      return Object.entries(each.categories).reduce((sum, [name, count]) => (NAMED.includes(name) ? sum : sum + count), 0);
    });
    this.rate.set([times, ...RATES.map(column)], this.gaps());
  }

  drawDiamonds(minutes) {
    let sum = 0;
    const rows = minutes.map((each) => [seconds(each.minute), (sum += each.diamonds)]);
    if (rows.length) {
      const session = this.session();
      rows.unshift([Math.min(seconds(session.started_at), rows[0][0] - 1), 0]);
      rows.push([Math.max(session.ended_at ? seconds(session.ended_at) : Date.now() / 1000, rows[rows.length - 1][0] + 1), sum]);
    }
    this.diamonds.set([rows.map((each) => each[0]), rows.map((each) => each[1])], this.gaps());
    byId("chart-diamonds").setAttribute("aria-label", `Diamonds, added up: ${numbers.format(sum)} so far`);
  }

  async showViewers() {
    const { minutes } = await ask(`${this.base}/viewers`);
    const times = minutes.map((each) => seconds(each.minute));
    const counts = minutes.map((each) => each.viewers);
    const session = this.session();
    if (times.length && !session.ended_at) {
      times.push(Math.max(Date.now() / 1000, times[times.length - 1] + 1)); // as it is now
      counts.push(session.viewers);
    }
    byId("viewers-empty").textContent = session.viewers ? "Drawn with the next count." : "TikTok has not told how many watch.";
    this.viewers.set([times, counts], this.gaps());
    byId("chart-viewers").setAttribute("aria-label", `Viewers by minute, at most ${numbers.format(session.peak_viewers)}`);
  }

  async showWords() {
    const { words, emoji } = await ask(`${this.base}/words?limit=${WORDS}`);
    byId("words-none").hidden = words.length + emoji.length > 0;
    showCloud("emoji", emoji.slice(0, 16));
    showCloud("words", words);
  }

  async showReturning() {
    const found = await ask(`${this.base}/returning?limit=10`);
    const share = found.unique_users ? Math.round((100 * found.returning_users) / found.unique_users) : 0;
    byId("returning").textContent = found.sessions_before
      ? `${numbers.format(found.returning_users)} returning (${share} %)`
      : "who did something";
    showPeople("regulars", found.regulars, (person) => `${numbers.format(person.sessions)} lives`);
  }
}

function showPeak(peak) {
  if (!peak) return;
  const text = `${numbers.format(peak.events)} at ${when(new Date(peak.minute))}`;
  byId("peak").textContent = `· peak ${text}`;
  byId("peak-minute").textContent = text;
  byId("chart-rate").setAttribute("aria-label", `Events a minute by type; the peak is ${text}`);
}

function showPeople(id, people, figure) {
  const body = byId(id);
  body.replaceChildren(...people.map((person) => {
    const line = document.createElement("tr");
    const name = element("th", "", person.nickname || person.unique_id || person.user_id);
    name.scope = "row";
    if (person.unique_id) name.title = `@${person.unique_id}`;
    line.append(name, element("td", "num", figure(person)));
    return line;
  }));
  body.closest("section").querySelector(".none").hidden = people.length > 0;
}

function showCloud(id, words) {
  const most = words.length ? words[0].messages : 1;
  byId(id).replaceChildren(...words.map((each) => {
    const item = element("li", `w${Math.min(4, Math.floor((5 * each.messages) / (most + 1)))}`, each.word);
    item.append(element("span", "", numbers.format(each.messages)));
    return item;
  }));
}
