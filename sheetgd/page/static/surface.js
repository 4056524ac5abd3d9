// The landscape as a surface to turn.

import { shown } from "./format.js";
import { heights, shades } from "./map.js";
import { colours, disc, line, ready } from "./plot.js";

/** @typedef {import("./types").Landscape} Landscape @typedef {import("./types").State} State @typedef {[number, number]} Pair */

/** How the surface is turned, in radians. */
export const view = { around: -0.7, above: 0.6 };

/** Let a canvas be turned with the mouse, a finger or the arrow keys. @param {HTMLCanvasElement} canvas @param {() => void} redraw */
export function turnable(canvas, redraw) {
  const turn = (/** @type {number} */ around, /** @type {number} */ above) => {
    view.around += around;
    view.above = Math.max(0.1, Math.min(1.5, view.above + above));
    redraw();
  };
  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons && canvas.tabIndex === 0) turn(event.movementX / 120, event.movementY / 120);
  });
  canvas.addEventListener("keydown", (event) => {
    /** @type {Record<string, Pair>} */
    const keys = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };
    if (canvas.tabIndex !== 0 || !(event.key in keys)) return;
    turn(...keys[event.key]);
    event.preventDefault();
  });
}

/** @param {HTMLCanvasElement} canvas @param {State} state @param {Landscape} land */
export function drawSurface(canvas, state, land) {
  const { pen, width, height } = ready(canvas), colour = colours(), tint = shades(colour), high = heights(land);
  const rows = land.losses.length, columns = land.losses[0].length, size = Math.min(width / 1.5, height / 1.25);
  const [sin, cos, tilt, rise] = [Math.sin(view.around), Math.cos(view.around), Math.sin(view.above), Math.cos(view.above)];
  /** Where a place of the unit cube is seen. @type {(u: number, v: number, h: number) => [number, number, number]} */
  const seen = (u, v, h) => {
    const [x, y] = [(u - 0.5) * cos - (v - 0.5) * sin, (u - 0.5) * sin + (v - 0.5) * cos];
    return [width / 2 + x * size, height * 0.56 + y * size * tilt - (h - 0.4) * size * 0.62 * rise, y];
  };
  const corner = (/** @type {number} */ i, /** @type {number} */ j) => seen(j / (columns - 1), i / (rows - 1), high(land.losses[i][j]));
  const tiles = [];
  for (let i = 0; i + 1 < rows; i++) {
    for (let j = 0; j + 1 < columns; j++) {
      const corners = [corner(i, j), corner(i, j + 1), corner(i + 1, j + 1), corner(i + 1, j)];
      const mean = (high(land.losses[i][j]) + high(land.losses[i + 1][j + 1])) / 2;
      tiles.push({ corners, mean, depth: corners.reduce((sum, [, , depth]) => sum + depth, 0) });
    }
  }
  tiles.sort((one, other) => one.depth - other.depth);
  pen.lineWidth = 0.6;
  for (const { corners, mean } of tiles) {
    pen.beginPath();
    corners.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.fillStyle = `rgb(${tint(mean).join(" ")})`;
    pen.strokeStyle = colour("quiet");
    pen.fill();
    pen.globalAlpha = 0.5;
    pen.stroke();
    pen.globalAlpha = 1;
  }
  names(pen, canvas, land, seen, colour);
  walk(pen, state, land, seen, high, colour);
}

/** @param {CanvasRenderingContext2D} pen @param {HTMLCanvasElement} canvas @param {Landscape} land @param {(u: number, v: number, h: number) => [number, number, number]} seen @param {(name: string) => string} colour */
function names(pen, canvas, land, seen, colour) {
  pen.font = `${Math.max(14, Math.min(22, canvas.clientWidth / 20))}px ${getComputedStyle(canvas).fontFamily}`;
  pen.fillStyle = colour("ink");
  pen.textAlign = "center";
  const front = seen(0.5, 1, 0)[2] > seen(0.5, 0, 0)[2] ? 1.1 : -0.1, side = seen(1, 0.5, 0)[2] > seen(0, 0.5, 0)[2] ? 1.1 : -0.1;
  const label = (/** @type {string} */ text, /** @type {[number, number, number]} */ [x, y]) => {
    const half = pen.measureText(text).width / 2 + 4; // inside the canvas, however the surface is turned
    pen.fillText(text, Math.max(half, Math.min(x, canvas.clientWidth - half)), Math.min(y + 10, canvas.clientHeight - 6));
  };
  const [a, b, c, d] = [land.across_values[0], land.across_values[land.across_values.length - 1], land.down_values[0], land.down_values[land.down_values.length - 1]];
  label(`${land.across}  ${shown(a, 3)} … ${shown(b, 3)}`, seen(0.5, front, -0.12));
  label(`${land.down}  ${shown(c, 3)} … ${shown(d, 3)}`, seen(side, 0.5, -0.12));
}

/** @param {CanvasRenderingContext2D} pen @param {State} state @param {Landscape} land @param {(u: number, v: number, h: number) => [number, number, number]} seen @param {(loss: number | null) => number} high @param {(name: string) => string} colour */
function walk(pen, state, land, seen, high, colour) {
  const rows = land.losses.length, columns = land.losses[0].length;
  const part = (/** @type {number[]} */ values, /** @type {number} */ value) => (value - values[0]) / (values[values.length - 1] - values[0]);
  /** @type {Pair[]} */
  const path = state.path.map(([down, across]) => {
    const u = part(land.across_values, across), v = part(land.down_values, down);
    const i = Math.max(0, Math.min(rows - 1, Math.round(v * (rows - 1)))), j = Math.max(0, Math.min(columns - 1, Math.round(u * (columns - 1))));
    const [x, y] = seen(u, v, high(land.losses[i][j]) + 0.02);
    return [x, y];
  });
  pen.strokeStyle = colour("ink");
  pen.lineWidth = 3;
  line(pen, path);
  disc(pen, ...path[0], 5, colour("blue"), colour("card"));
  disc(pen, ...path[path.length - 1], 8, colour("orange"), colour("card"));
}
