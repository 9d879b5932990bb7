// Availability by year of release: the chart, and the same as a table.

import { Chart, byYear, sum } from "./charts.js";
import { byId, ifChanged, make, say } from "./dom.js";
import { KINDS, count, number } from "./words.js";

// The first films are a little older than 1890, and films are announced years ahead; the table has the rest.
const EARLIEST = 1870;
const AHEAD = 10;

const chart = new Chart(byId("years"), byYear);
let years = null;

export function showYears(answer) {
  years = answer;
  offerKinds(Object.keys(answer));
  show();
}

function offerKinds(names) {
  ifChanged(byId("years-kind"), names, () => {
    for (const [index, name] of names.entries()) {
      const radio = make("input", { type: "radio", name: "kind", value: name });
      radio.checked = index === 0;
      radio.addEventListener("change", show);
      byId("years-kind").append(make("label", {}, radio, make("span", {}, KINDS[name])));
    }
  });
}

function show() {
  const name = document.querySelector("#years-kind input:checked").value;
  const all = years[name];
  const latest = new Date().getFullYear() + AHEAD;
  const rows = all.filter(([year]) => year !== null && year >= EARLIEST && year <= latest);
  const first = rows.length ? rows[0][0] : latest - AHEAD - 1;
  const last = rows.length ? rows.at(-1)[0] : latest - AHEAD;
  const available = sum(rows.map((row) => row[1]));
  const titles = sum(rows.map(([, ...states]) => sum(states)));
  const told = `${KINDS[name]} by year of release, ${first} to ${last}: ${number(available)} of ${count(titles, "title")} available`;
  chart.show({ first, last, rows }, told);
  say(byId("years-told"), leftOut(all, rows));
  ifChanged(byId("years-rows"), all, () => byId("years-rows").replaceChildren(...[...all].reverse().map(row)));
}

function leftOut(all, rows) {
  const total = (some) => sum(some.map(([, ...states]) => sum(states)));
  const undated = all.filter(([year]) => year === null);
  const strange = total(all) - total(rows) - total(undated);
  const words = [];
  if (undated.length) words.push(`${count(total(undated), "title")} without a year`);
  if (strange) words.push(`${number(strange)} from years that the chart leaves out`);
  return words.length ? `Not in the chart: ${words.join(", ")}.` : "";
}

function row([year, ...states]) {
  const cells = [sum(states), ...states].map((value) => make("td", {}, number(value)));
  return make("tr", {}, make("th", { scope: "row" }, year ?? "none"), ...cells);
}
