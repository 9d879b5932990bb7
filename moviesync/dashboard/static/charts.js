// Two charts as SVG, drawn for the width that there is, and again when it changes.

import { draw, ifChanged } from "./dom.js";
import { number } from "./words.js";

const TOP = 10;
const BOTTOM = 22;
const LETTER = 7.2;
const NARROWEST = 120;

// Draws again for new data, and for a new size.
export class Chart {
  constructor(element, drawing) {
    this.element = element;
    this.drawing = drawing;
    new ResizeObserver(() => this.redraw()).observe(element);
  }

  show(data, told) {
    this.data = data;
    this.element.setAttribute("aria-label", told);
    this.redraw();
  }

  redraw() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!this.data || width < NARROWEST) return;
    ifChanged(this.element, [width, height, this.data], () => {
      const frame = new Frame(width, height, this.drawing.highest(this.data));
      this.element.replaceChildren(frame.svg);
      this.drawing.draw(frame, this.data);
    });
  }
}

class Frame {
  constructor(width, height, highest) {
    this.top = roundUp(highest);
    this.right = width - 4;
    this.bottom = height - BOTTOM;
    this.left = LETTER * number(this.top).length + 10;
    this.svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    for (const value of [0, this.top / 2, this.top]) {
      if (!Number.isInteger(value)) continue;
      const y = Math.round(this.y(value));
      this.svg.append(
        draw("line", { class: "grid", x1: this.left, x2: this.right, y1: y, y2: y }),
        draw("text", { x: this.left - 8, y: y + 4, "text-anchor": "end" }, number(value)),
      );
    }
  }

  y(value) {
    return this.bottom - ((this.bottom - TOP) * value) / this.top;
  }

  below(x, text, anchor = "middle") {
    this.svg.append(draw("text", { x, y: this.bottom + 17, "text-anchor": anchor }, text));
  }
}

// A round number, so that the scale does not move with every title.
function roundUp(highest) {
  const power = 10 ** Math.floor(Math.log10(Math.max(10, highest)));
  return power * [1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= highest);
}

export const perMinute = {
  highest: (counts) => Math.max(...counts),
  draw(frame, counts) {
    const step = (frame.right - frame.left) / (counts.length - 1);
    const points = counts.map((value, index) => `${(frame.left + index * step).toFixed(1)},${frame.y(value).toFixed(1)}`);
    frame.svg.append(
      draw("polygon", { class: "area", points: `${frame.left},${frame.bottom} ${points.join(" ")} ${frame.right},${frame.bottom}` }),
      draw("polyline", { class: "line", points: points.join(" ") }),
      draw("circle", { class: "dot", cx: frame.right, cy: frame.y(counts.at(-1)), r: 3.5 }),
    );
    frame.below(frame.left, "1 h ago", "start");
    frame.below((frame.left + frame.right) / 2, "30 min");
    frame.below(frame.right, "now", "end");
  },
};

export const byYear = {
  highest: ({ rows }) => Math.max(1, ...rows.map(([, ...states]) => sum(states))),
  draw(frame, { first, last, rows }) {
    const step = (frame.right - frame.left) / (last - first + 1);
    const width = Math.max(1, step - (step > 4 ? 1.5 : 0.4));
    for (const [year, ...states] of rows) {
      const x = frame.left + (year - first) * step;
      let below = 0;
      for (const [index, state] of ["available", "unavailable", "unchecked"].entries()) {
        if (!states[index]) continue;
        const upper = frame.y(below + states[index]);
        frame.svg.append(draw("rect", { class: state, x, width, y: upper, height: frame.y(below) - upper }));
        below += states[index];
      }
      const told = `${year}: ${number(below)} titles, ${number(states[0])} available`;
      const column = draw("rect", { class: "column", x, width: step, y: TOP, height: frame.bottom - TOP }, draw("title", {}, told));
      frame.svg.append(column);
    }
    const apart = [1, 2, 5, 10, 20, 50].find((years) => years * step >= 44) ?? 100;
    for (let year = Math.ceil(first / apart) * apart; year <= last; year += apart) {
      const x = frame.left + (year - first + 0.5) * step;
      if (x > frame.left + 14 && x < frame.right - 12) frame.below(x, year);
    }
  },
};

export const sum = (values) => values.reduce((total, value) => total + value, 0);
