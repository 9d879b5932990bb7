// Numbers, moments and states in words.

const NUMBER = new Intl.NumberFormat("en");
const TIME = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const DAY_AND_TIME = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const LONG_DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });
const DAY = 86_400_000;

export const KINDS = { movies: "Films", shows: "Shows" };
export const ONE_OF = { movies: "film", shows: "show" };

// What a verdict rests on; reports/evidence.py has the same.
export const EVIDENCE = {
  page: "VidSrc's page of the title",
  info: "VidSrc's info of the title",
  list: "VidSrc's list of titles",
  none: "not known (older version)",
};

export const number = (value) => NUMBER.format(value);

export function count(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

// Rounded towards the middle: 0 % is none and 100 % is all.
export function share(part, whole) {
  if (!whole) return "";
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 0.1) return "<0.1 %";
  if (percent < 100 && percent > 99.9) return ">99.9 %";
  return `${percent.toFixed(1)} %`;
}

export function moment(text) {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return String(text ?? "");
  return Math.abs(Date.now() - date) < DAY ? TIME.format(date) : DAY_AND_TIME.format(date);
}

// The day, and the time as well if it is not long ago.
export function since(text) {
  const date = new Date(text);
  if (typeof text !== "string" || Number.isNaN(date.getTime())) return "";
  return Math.abs(Date.now() - date) < DAY ? TIME.format(date) : LONG_DAY.format(date);
}

export function duration(seconds) {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.round(hours / 24)} days`;
}

export function verdict(available) {
  if (available === true) return "available";
  return available === false ? "unavailable" : "unchecked";
}

// Since when the verdict of a title is what it is, and what it rests on.
export function why({ available, since: begun, evidence }) {
  if (typeof available !== "boolean") return "";
  const { by, host } = evidence ?? {};
  const words = Object.hasOwn(EVIDENCE, by ?? "") ? EVIDENCE[by] : EVIDENCE.none;
  const when = since(begun);
  return `${verdict(available)}${when && ` since ${when}`}; rests on: ${words}${host ? `, from ${host}` : ""}`;
}
