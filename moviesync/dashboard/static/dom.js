// Making elements. Text goes in as text only: what a title says is never markup.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

export function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function draw(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return element;
}

// Touches the page only where something has changed, so that a selection or a reader's place stays.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const shown = new WeakMap();

export function ifChanged(element, value, render) {
  const text = JSON.stringify(value);
  if (shown.get(element) === text) return;
  shown.set(element, text);
  render(value);
}

export function list(element, none, values, row) {
  ifChanged(element, values, () => element.replaceChildren(...values.map(row)));
  element.hidden = values.length === 0;
  none.hidden = values.length > 0;
}
