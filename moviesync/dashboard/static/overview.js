// What moves: the counts, the walk, the rate, the verdicts, the failures and the runs.

import { Chart, perMinute, sum } from "./charts.js";
import { byId, ifChanged, list, make, say } from "./dom.js";
import { EVIDENCE, KINDS, count, duration, moment, number, share, verdict } from "./words.js";

const PAGE_SIZE = 20;
const STATES = ["available", "unavailable", "unchecked", "failed"];
const DEMO = "What scrapy demo found is shown by: scrapy dashboard -s SQLITE_PATH=demo.db";
const rate = new Chart(byId("rate"), perMinute);
const cards = new Map();

export function showOverview(now) {
  for (const [name, counts] of Object.entries(now.counts)) {
    showKind(name, counts, now.walks[name]);
    showEvidence(cards.get(name), now.evidence[name]);
  }
  const total = sum(Object.values(now.counts).map((counts) => counts.total));
  const nothing = now.missing ? `There is no file ${now.store.replace("sqlite:", "")} yet.` : "Nothing is stored yet.";
  const hint = `${nothing} A crawl fills the page: scrapy crawl tmdb_vidsrc. ${DEMO}`;
  say(byId("hint"), hint);
  byId("hint").hidden = total > 0 && !now.missing;
  showRate(Object.values(now.checked));
  list(byId("latest"), byId("latest-none"), now.latest, latestRow);
  showFailures(now.failures);
  list(byId("runs"), byId("runs-none"), now.runs, runRow);
  say(byId("lead"), lead(now));
}

function showKind(name, counts, walk) {
  const card = cards.get(name) ?? newCard(name);
  const part = (is) => card.querySelector(`[data-is="${is}"]`);
  say(part("total"), number(counts.total));
  for (const state of STATES) {
    say(part(state), number(counts[state]));
    say(part(`${state}-share`), share(counts[state], counts.total));
    const piece = card.querySelector(`.stack .${state}`);
    if (piece) piece.style.flexGrow = counts[state];
  }
  say(part("pages"), told(walk));
  const progress = card.querySelector("progress");
  progress.value = walk.complete ? 1 : walk.pages && walk.pagesDone / walk.pages;
  ifChanged(part("gaps"), walk.gaps, (gaps) => part("gaps").replaceChildren(...gaps.map(gapRow)));
}

function showEvidence(card, evidence) {
  const rows = Object.keys(EVIDENCE).filter((by) => evidence[by]).map((by) => [by, evidence[by]]);
  const total = sum(Object.values(evidence));
  const part = card.querySelector(".evidence");
  part.hidden = rows.length === 0;
  ifChanged(part.querySelector("dl"), rows, () => part.querySelector("dl").replaceChildren(...rows.map(([by, titles]) =>
    make("div", {},
      make("dt", {}, EVIDENCE[by]), make("dd", {}, number(titles)), make("dd", { class: "quiet" }, share(titles, total))))));
}

function newCard(name) {
  const card = byId("kind").content.firstElementChild.cloneNode(true);
  card.querySelector("h2").textContent = KINDS[name];
  card.querySelector("h2").id = `${name}-title`;
  card.setAttribute("aria-labelledby", `${name}-title`);
  card.querySelector("progress").setAttribute("aria-label", `${KINDS[name]}: walk through TMDB`);
  byId("kinds").append(card);
  cards.set(name, card);
  return card;
}

function told(walk) {
  if (!walk.pages) return "not begun";
  const pages = `${number(walk.pagesDone)} of ${count(walk.pages, "page")}`;
  return walk.complete ? `${pages}, complete` : `${pages}, ${share(walk.pagesDone, walk.pages)}`;
}

function gapRow(gap) {
  const dates = gap.from || gap.to ? ` ${gap.from ?? ""} to ${gap.to ?? ""}` : "";
  return make("li", {}, `Gap${dates}: ${gap.reason}${gap.titles ? ` (${count(gap.titles, "title")})` : ""}`);
}

function showRate(kinds) {
  const counts = kinds[0].map((_, minute) => sum(kinds.map((kind) => kind[minute])));
  const words = sum(counts) ? `last minute: ${number(counts.at(-1))} · last hour: ${number(sum(counts))}` : "none in the last hour";
  say(byId("rate-told"), words);
  rate.show(counts, `Titles checked in each minute of the last hour: ${words}, at most ${number(Math.max(...counts))}`);
}

function latestRow(title) {
  const state = verdict(title.available);
  return make("tr", {},
    make("td", {}, make("bdi", {}, title.title), make("span", { class: "quiet" }, title.year ? ` (${title.year})` : "")),
    make("td", {}, make("span", { class: `verdict ${state}` }, state)),
    make("td", { class: "quiet" }, make("time", { datetime: title.checked }, moment(title.checked))));
}

function showFailures(failures) {
  const totals = new Map();
  for (const [reason, titles] of Object.values(failures).flat()) totals.set(reason, (totals.get(reason) ?? 0) + titles);
  const sorted = [...totals].sort((one, other) => other[1] - one[1]);
  list(byId("failures"), byId("failures-none"), sorted, ([reason, titles]) => {
    const bar = make("span", { class: "bar" });
    bar.style.width = `${(100 * titles) / sorted[0][1]}%`;
    return make("li", {}, make("span", {}, reason), make("span", {}, number(titles)), bar);
  });
}

function runRow(run) {
  const told = [
    run.seconds === null ? "" : duration(run.seconds),
    count(run.pages, "page"),
    `${number(run.checked)} checked`,
    Object.entries(run.arguments).map(([name, value]) => `${name}=${value}`).join(" "),
  ];
  const line = make("div", { class: "line" },
    make("span", { class: "name" }, run.spider),
    make("span", { class: `state ${run.state}` }, ending(run)),
    make("time", { class: "when quiet", datetime: run.started }, moment(run.started)));
  const below = isLong(run.reason) ? [make("div", { class: "reason" }, run.reason)] : [];
  return make("li", {}, line, make("div", { class: "quiet" }, told.filter(Boolean).join(" · ")), ...below);
}

// Scrapy's word for a run that its user has paused.
const PLAINER = { shutdown: "paused" };
const isLong = (reason) => (reason ?? "").length > 24;

function ending({ state, reason }) {
  if (state !== "ended") return state;
  return isLong(reason) ? "stopped" : PLAINER[reason] ?? reason ?? "ended";
}

function lead(now) {
  const running = now.runs.filter((run) => run.state === "running");
  const [last] = now.runs;
  if (running.length) {
    const told = running.map((run) => `${run.spider}, for ${duration(run.seconds ?? 0)}`).join("; ");
    return `Running: ${told}. ${left(now, Math.max(...running.map((run) => run.seconds)))}`;
  }
  if (!last) return "";
  return `No crawl is running. The last one, begun at ${moment(last.started)}, ${last.state === "killed" ? "was killed" : `ended: ${ending(last)}`}.`;
}

// How long the rest takes, pages that are still to be walked included.
function left(now, seconds) {
  // The first seconds of a run say nothing.
  if (seconds < 10) return "";
  const minutes = Math.min(5, seconds / 60);
  const times = Object.entries(now.counts).map(([name, { unchecked, failed }]) => {
    const { pages, pagesDone } = now.walks[name];
    const rate = sum(now.checked[name].slice(-Math.ceil(minutes))) / minutes;
    return rate ? (Math.max(0, unchecked - failed) + PAGE_SIZE * (pages - pagesDone)) / rate : 0;
  });
  const longest = 60 * Math.max(...times);
  return longest > 5 ? `At this rate, what is left takes ${duration(longest)}.` : "";
}
