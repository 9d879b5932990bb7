// Keeps the page in step with the store, as long as somebody looks at it.

import { byId, say } from "./dom.js";
import { showOverview } from "./overview.js";
import { startSearch } from "./search.js";
import { moment } from "./words.js";
import { showYears } from "./years.js";

const SECOND = 1000;
const PATIENCE = 70 * SECOND;
const SPOKEN_EVERY = 60 * SECOND;

let lastGood = "";
let spokenAt = 0;

// Asks again and again; rests while the tab is hidden.
function follow(address, every, told) {
  let timer = 0;
  let asking = false;

  async function ask() {
    clearTimeout(timer);
    if (asking || document.hidden) return;
    asking = true;
    let answer = null;
    try {
      const response = await fetch(address, { signal: AbortSignal.timeout(PATIENCE) });
      if (response.ok) answer = await response.json();
    } catch {
      // The page says it below.
    }
    asking = false;
    timer = setTimeout(ask, every);
    told(answer);
  }

  document.addEventListener("visibilitychange", ask);
  ask();
}

function showNow(answer) {
  const problem = answer ? answer.problem : "The dashboard does not answer: it has ended, or is out of reach.";
  if (answer) say(byId("store"), answer.store);
  say(byId("problem"), problem ? `${problem}${lastGood && ` The numbers are from ${lastGood}.`}` : "");
  byId("problem").hidden = !problem;
  byId("pulse").dataset.is = problem ? "lost" : "live";
  if (problem) {
    say(byId("pulse"), "Trying again");
    return;
  }
  lastGood = moment(answer.time);
  say(byId("pulse"), `Live, ${lastGood}`);
  byId("content").classList.remove("waiting");
  showOverview(answer);
  speak();
}

// For screen readers: the state in a sentence, once a minute at most.
function speak() {
  if (Date.now() - spokenAt < SPOKEN_EVERY) return;
  spokenAt = Date.now();
  say(byId("spoken"), `${byId("lead").textContent} ${byId("rate-told").textContent}`);
}

follow("/api/now", SECOND, showNow);
follow("/api/years", 5 * SECOND, (answer) => answer && !answer.problem && showYears(answer));
startSearch();
