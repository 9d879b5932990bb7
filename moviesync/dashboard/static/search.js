// The search: while the user types, one question at a time.

import { byId, make, say } from "./dom.js";
import { ONE_OF, count, verdict, why } from "./words.js";

const PAUSE = 350;
const LEAST = 2;

let timer = 0;
let asking = false;
let answered = "";

export function startSearch() {
  const type = () => {
    clearTimeout(timer);
    timer = setTimeout(() => find(LEAST), PAUSE);
  };
  byId("text").addEventListener("input", type);
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    answered = "";
    find(1);
  });
}

async function find(least) {
  const text = byId("text").value.trim();
  if (asking || text === answered) return;
  if (text.length < least) {
    answered = "";
    show("", []);
    return;
  }
  asking = true;
  say(byId("search-told"), "Searching");
  try {
    const response = await fetch(`/api/search?text=${encodeURIComponent(text)}`);
    const answer = await response.json();
    show(answer.problem ?? told(answer), answer.found ?? []);
  } catch {
    show("No answer. Try again.", []);
  }
  asking = false;
  answered = text;
  // Finds what was typed meanwhile, even a single letter.
  if (byId("text").value.trim() !== text) find(1);
}

function told({ found, more }) {
  if (!found.length) return "No title found";
  return more ? `The ${found.length} shortest titles; a longer text finds fewer` : count(found.length, "title");
}

function show(words, found) {
  say(byId("search-told"), words);
  byId("found").replaceChildren(...found.map(entry));
}

function entry(title) {
  const state = verdict(title.available);
  const told = why(title);
  return make("details", {},
    make("summary", {},
      make("span", {}, make("bdi", {}, title.title), " ",
        make("span", { class: "quiet" }, [title.year, ONE_OF[title.kind], title.id].filter(Boolean).join(" · "))),
      make("span", { class: `verdict ${state}` }, state === "unchecked" ? "no verdict yet" : state)),
    ...(told ? [make("p", { class: "quiet" }, told)] : []),
    make("pre", { tabindex: "0" }, title.document));
}
