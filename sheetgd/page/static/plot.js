// A canvas with two axes: sizes, colours, ticks.

import { shown } from "./format.js";

/** @typedef {[number, number]} Pair */

const NAMES = ["card", "ink", "quiet", "hair", "blue", "orange", "green", "low", "middle", "high"];
/** The colours of a light or dark page, by their names. @type {Map<string, Map<string, string>>} */
const themes = new Map();

/** The colours of now. @returns {(name: string) => string} */
export function colours() {
  const theme = document.documentElement.dataset.theme ?? String(matchMedia("(prefers-color-scheme: dark)").matches);
  const found = themes.get(theme) ?? asked();
  themes.set(theme, found);
  return (name) => found.get(name) ?? "#000";
}

/** The colours, asked of the browser. */
function asked() {
  const style = getComputedStyle(document.documentElement);
  const probe = document.createElement("i");
  document.body.append(probe);
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const name of NAMES) {
    probe.style.color = style.getPropertyValue(`--${name}`);
    found.set(name, getComputedStyle(probe).color);
  }
  probe.remove();
  return found;
}

/** The parts of a colour. @param {string} colour @returns {number[]} */
export function parts(colour) {
  return (colour.match(/[\d.]+/g) ?? ["0", "0", "0"]).slice(0, 3).map(Number);
}

/** A canvas made ready for its size on the screen. @param {HTMLCanvasElement} canvas */
export function ready(canvas) {
  const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no canvas");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.lineJoin = pen.lineCap = "round";
  return { pen, width, height };
}

/** Round numbers between two. @param {number} low @param {number} high @param {number} most @returns {number[]} */
export function ticks(low, high, most = 5) {
  const raw = (high - low) / most, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10);
  const found = [];
  for (let value = Math.ceil(low / step); value * step <= high + step * 1e-9; value++) found.push(value * step);
  return found;
}

/** The least and the greatest, with a margin. @param {number[]} values @param {number} margin @returns {Pair} */
export function span(values, margin = 0.06) {
  const finite = values.filter(Number.isFinite);
  let low = Math.min(...finite), high = Math.max(...finite);
  if (!finite.length) [low, high] = [0, 1];
  const width = high - low || Math.abs(low) || 1;
  return [low - margin * width, high + margin * width];
}

/** Axes on a canvas, and where their values lie. */
export class Frame {
  /**
   * @param {HTMLCanvasElement} canvas @param {Pair} xs @param {Pair} ys @param {[string, string]} names
   * @param {{logarithmic?: boolean, grid?: boolean}} [options]
   */
  constructor(canvas, xs, ys, names, options = {}) {
    const { pen, width, height } = ready(canvas);
    this.pen = pen;
    this.colour = colours();
    this.size = Math.max(14, Math.min(22, width / 20)); // legible from the last row of the room
    pen.font = `${this.size}px ${getComputedStyle(canvas).fontFamily}`;
    this.logarithmic = options.logarithmic ?? false;
    this.xs = xs;
    this.ys = ys;
    const marks = this.logarithmic ? decades(ys) : ticks(...ys, Math.max(2, height / (2.8 * this.size)));
    const left = Math.max(...marks.map((value) => pen.measureText(shown(value, 4)).width), 8) + this.size;
    this.box = { left, top: this.size * 1.9, right: width - this.size * 0.7, bottom: height - this.size * 2.4 };
    this.axes(marks, names, options.grid ?? true);
  }

  /** @param {number} value */
  x(value) {
    const { left, right } = this.box;
    return left + ((value - this.xs[0]) / (this.xs[1] - this.xs[0])) * (right - left);
  }

  /** @param {number} value */
  y(value) {
    const { top, bottom } = this.box;
    const scale = this.logarithmic ? Math.log10 : Number;
    return bottom - ((scale(value) - scale(this.ys[0])) / (scale(this.ys[1]) - scale(this.ys[0]))) * (bottom - top);
  }

  /** @param {number[]} marks @param {[string, string]} names @param {boolean} grid */
  axes(marks, names, grid) {
    const { pen, box, colour, size } = this;
    pen.lineWidth = 1;
    pen.strokeStyle = colour("hair");
    pen.fillStyle = colour("quiet");
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (const value of marks) {
      if (grid) line(pen, [[box.left, this.y(value)], [box.right, this.y(value)]]);
      pen.fillText(shown(value, 4), box.left - size * 0.4, this.y(value));
    }
    pen.textAlign = "center";
    for (const value of ticks(...this.xs, Math.max(2, (box.right - box.left) / (4.5 * size)))) {
      if (grid) line(pen, [[this.x(value), box.top], [this.x(value), box.bottom]]);
      pen.fillText(shown(value, 4), this.x(value), box.bottom + size * 0.8);
    }
    pen.fillStyle = colour("ink");
    pen.textAlign = "right";
    pen.fillText(names[0], box.right, box.bottom + size * 1.9);
    pen.textAlign = "left";
    pen.fillText(names[1], Math.min(box.left, size * 0.5), size * 0.8);
  }

  /** Draw only between the axes. @param {() => void} draw */
  inside(draw) {
    const { pen, box } = this;
    pen.save();
    pen.beginPath();
    pen.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    pen.clip();
    draw();
    pen.restore();
  }

  /** @param {Pair[]} points @param {string} colour @param {number} width @param {number} [opacity] @param {number[]} [dashes] */
  curve(points, colour, width, opacity = 1, dashes = []) {
    const { pen } = this;
    pen.save();
    pen.globalAlpha = opacity;
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.setLineDash(dashes);
    line(pen, points.map(([x, y]) => [this.x(x), this.y(y)]));
    pen.restore();
  }

  /** @param {number} x @param {number} y @param {number} radius @param {string} colour @param {string} [rim] */
  dot(x, y, radius, colour, rim) {
    disc(this.pen, this.x(x), this.y(y), radius, colour, rim);
  }
}

/** @param {CanvasRenderingContext2D} pen @param {Pair[]} points */
export function line(pen, points) {
  pen.beginPath();
  points.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
}

/** @param {CanvasRenderingContext2D} pen @param {number} x @param {number} y @param {number} radius @param {string} colour @param {string} [rim] */
export function disc(pen, x, y, radius, colour, rim) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = colour;
  pen.fill();
  if (!rim) return;
  pen.strokeStyle = rim;
  pen.lineWidth = 2;
  pen.stroke();
}

/** @param {Pair} limits */
function decades([low, high]) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const factor of high / low > 300 ? [1] : [1, 2, 5]) found.push(factor * 10 ** power);
  }
  const within = found.filter((value) => value >= low && value <= high);
  return within.length > 2 ? within : ticks(low, high, 4).filter((value) => value > 0);
}
