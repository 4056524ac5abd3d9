// The points and what the sheet predicts; the loss after each epoch.

import { find, shown } from "./format.js";
import { Frame, span } from "./plot.js";
import { filled, TEXTS } from "./texts.js";

/** @typedef {import("./types").State} State @typedef {import("./types").Pair} Pair @typedef {import("./types").Nudge} Nudge */

const GHOSTS = 7;
const FAR = 2; // heights of the points above and below them
/** @type {Pair[][]} */
let ghosts = [];
let last = "";

/** Forget the guesses so far. */
export function forget() {
  ghosts = [];
  last = "";
}

/** Remember the guess that is shown, to fade with the next ones. @param {State} state */
export function remember(state) {
  const found = state.prediction;
  const text = JSON.stringify(found?.points);
  if (!found || found.kind !== "curve" || text === last) return;
  last = text;
  ghosts = [...ghosts, found.points].slice(-GHOSTS);
}

/** @param {State} state @param {Nudge | null} nudge */
export function drawFit(state, nudge) {
  const figure = find("#fit", HTMLElement), canvas = find("#fit canvas", HTMLCanvasElement);
  const found = state.prediction, pairs = found?.kind === "pairs";
  find("#fit figcaption", HTMLElement).textContent = nudge
    ? filled(nudge.times > 1 ? TEXTS.nudgeWide : TEXTS.nudge, { name: nudge.name, h: shown(nudge.h), times: nudge.times.toLocaleString("en") })
    : pairs ? TEXTS.pairs : found ? TEXTS.fit : TEXTS.noPrediction;
  if (found && pairs) drawPairs(canvas, state, found.points);
  else drawCurve(canvas, state, nudge);
  canvas.setAttribute("aria-label", `${figure.textContent}: ${state.parameters.slice(0, 4).map((one) => `${one.name} ${shown(one.value)}`).join(", ")}`);
}

/** @param {HTMLCanvasElement} canvas @param {State} state @param {Nudge | null} nudge */
function drawCurve(canvas, state, nudge) {
  const { points, prediction } = state;
  const xs = span(points.map(([x]) => x), points.length > 1 ? 0.06 : 1), ys = heights(points.map(([, y]) => y), xs, nudge);
  const frame = new Frame(canvas, xs, ys, state.names), { colour } = frame;
  const many = points.length > 120, radius = many ? 2.5 : Math.max(5, frame.size / 3.2);
  frame.inside(() => {
    if (prediction?.kind === "walker") frame.curve(points, colour("blue"), 2.5);
    else for (const [x, y] of points) frame.dot(x, y, radius, colour("blue"), many ? undefined : colour("card"));
    ghosts.slice(0, -1).forEach((ghost, index) => frame.curve(stretched(ghost, xs), colour("orange"), 2, 0.1 + (0.4 * index) / GHOSTS));
    if (prediction?.kind === "curve") {
      const [x, y] = rowPoint(state);
      if (x !== null && y !== null && !nudge) {
        frame.curve([[x, y], [x, at(prediction.points, x)]], colour("green"), 3);
        frame.dot(x, y, radius * 1.6, colour("green"), colour("card"));
      }
      frame.curve(stretched(nudge ? nudge.plain : prediction.points, xs), colour("orange"), 4);
    }
    if (prediction?.kind === "walker") for (const [x, y] of prediction.points) frame.dot(x, y, radius * 2, colour("orange"), colour("card"));
    if (nudge) {
      const [x, y] = nudge.point;
      frame.curve(stretched(nudge.nudged, xs), colour("green"), 3, 1, [8, 6]);
      frame.curve([[x, at(nudge.plain, x)], [x, y]], colour("orange"), 2);
      frame.curve([[x + (xs[1] - xs[0]) / 150, at(nudge.nudged, x)], [x + (xs[1] - xs[0]) / 150, y]], colour("green"), 2);
      frame.dot(x, y, radius * 1.6, colour("green"), colour("card"));
    }
  });
}

/** From where to where the picture reaches: the points, and the guesses unless they are far away. @param {number[]} ys @param {Pair} xs @param {Nudge | null} nudge @returns {Pair} */
function heights(ys, xs, nudge) {
  const [low, high] = span(ys, 0), room = FAR * (high - low), x = nudge?.point[0];
  const guesses = ghosts.flatMap((ghost) => stretched(ghost, xs).map(([, y]) => y));
  if (nudge && x !== undefined) guesses.push(at(nudge.plain, x), at(nudge.nudged, x));
  return span([low, high, ...guesses.map((y) => Math.max(low - room, Math.min(y, high + room)))]);
}

/** The point of the row that was walked last. @param {State} state @returns {[number | null, number | null]} */
function rowPoint(state) {
  if (!state.row) return [null, null];
  const row = state.rows[state.row - 1 - state.table.first] ?? [], kinds = state.table.columns.map((column) => column.role);
  const [x, y] = [row[kinds.indexOf("x")], row[kinds.indexOf("y")]];
  return typeof x === "number" && typeof y === "number" ? [x, y] : [null, null];
}

/** A straight line led on to the edges of the picture. @param {Pair[]} points @param {Pair} xs @returns {Pair[]} */
function stretched(points, xs) {
  if (points.length !== 2) return points;
  return xs.map((x) => [x, at(points, x)]);
}

/** The height of a curve at an x. @param {Pair[]} points @param {number} x */
function at(points, x) {
  let after = points.findIndex(([other]) => other >= x);
  if (after < 1) after = after < 0 ? points.length - 1 : 1;
  const [[x1, y1], [x2, y2]] = [points[after - 1], points[after]];
  return y1 + ((y2 - y1) * (x - x1)) / (x2 - x1 || 1);
}

/** @param {HTMLCanvasElement} canvas @param {State} state @param {Pair[]} pairs */
function drawPairs(canvas, state, pairs) {
  const alike = pairs.every(([x]) => x === pairs[0][0]); // then 0 beside them, so that one sees how near they come
  const both = span([...pairs.flat(), ...(alike ? [0] : [])], 0.1), frame = new Frame(canvas, both, both, [state.names[1], TEXTS.predicted]);
  frame.inside(() => {
    frame.curve([[both[0], both[0]], [both[1], both[1]]], frame.colour("green"), 2, 1, [8, 6]);
    for (const [x, y] of pairs) {
      frame.curve([[x, y], [x, x]], frame.colour("orange"), 1.5, 0.6);
      frame.dot(x, y, pairs.length > 120 ? 2.5 : 5, frame.colour("blue"), frame.colour("card"));
    }
  });
}

/** @param {State} state @param {boolean} logarithmic */
export function drawLoss(state, logarithmic) {
  const canvas = find("#loss canvas", HTMLCanvasElement);
  /** @type {Pair[]} */
  const points = [];
  for (const [epoch, loss] of state.log) if (loss !== null && (!logarithmic || loss > 0)) points.push([epoch, loss]);
  const losses = points.map(([, loss]) => loss), epochs = points.map(([epoch]) => epoch);
  /** @type {Pair} */
  const ys = logarithmic && losses.length ? [Math.min(...losses) / 1.15, Math.max(...losses) * 1.15] : span([0, ...losses], 0);
  ys[1] *= losses.length && !logarithmic ? 1.08 : 1;
  const from = Math.min(0, ...epochs), to = Math.max(from + 5, ...epochs);
  const frame = new Frame(canvas, [from, to + (to - from) * 0.03], ys, [TEXTS.epochNumber, state.loss.name], { logarithmic: logarithmic && losses.length > 0 });
  if (!points.length) {
    frame.pen.textAlign = "center";
    frame.pen.fillStyle = frame.colour("quiet");
    frame.pen.fillText(state.loss.value === null ? TEXTS.noLoss : TEXTS.nothingYet, (frame.box.left + frame.box.right) / 2, (frame.box.top + frame.box.bottom) / 2);
  } else {
    frame.inside(() => frame.curve(points, frame.colour("orange"), 3));
    if (points.length < 40) for (const [x, y] of points) frame.dot(x, y, 3.5, frame.colour("orange"));
    frame.dot(...points[points.length - 1], 6, frame.colour("orange"), frame.colour("card"));
  }
  const values = points.slice(-3).map(([x, y]) => filled(TEXTS.lossAt, { number: x, loss: shown(y) })).join(", ");
  canvas.setAttribute("aria-label", filled(TEXTS.lossOf, { loss: state.loss.name, values }));
}
