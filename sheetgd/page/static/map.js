// The landscape of the loss over two parameters: a map with contours and the path walked on it, or a curve over one.

import { Frame, parts, span } from "./plot.js";

/** @typedef {import("./types").Landscape} Landscape @typedef {import("./types").State} State @typedef {[number, number]} Pair */

const LEVELS = 12;

/** The height of a loss in the picture, from 0 to 1: its logarithm, so that the valley's floor is seen. @param {Landscape} land */
export function heights(land) {
  const all = land.losses.flat().filter((loss) => loss !== null);
  const low = Math.min(...all), high = Math.max(...all), soft = (high - low) / 60 || 1;
  const scale = Math.log((high - low) / soft + 1) || 1;
  return (/** @type {number | null} */ loss) => (loss === null ? 1 : Math.max(0, Math.log(Math.max(0, loss - low) / soft + 1) / scale));
}

/** A colour between low, middle and high. @param {(name: string) => string} colour */
export function shades(colour) {
  const stops = [parts(colour("low")), parts(colour("middle")), parts(colour("high"))];
  return (/** @type {number} */ height) => {
    const place = Math.max(0, Math.min(1, height)) * 2, one = stops[Math.min(1, Math.floor(place))], other = stops[Math.min(1, Math.floor(place)) + 1];
    const part = place - Math.min(1, Math.floor(place));
    return one.map((value, index) => Math.round(value + (other[index] - value) * part));
  };
}

/** @param {HTMLCanvasElement} canvas @param {State} state @param {Landscape} land */
export function drawMap(canvas, state, land) {
  if (land.across === null) return drawValley(canvas, state, land);
  /** @type {Pair} */
  const xs = [land.across_values[0], land.across_values[land.across_values.length - 1]];
  /** @type {Pair} */
  const ys = [land.down_values[0], land.down_values[land.down_values.length - 1]];
  const frame = new Frame(canvas, xs, ys, [land.across, land.down], { grid: false });
  frame.inside(() => {
    const { left, top, right, bottom } = frame.box;
    frame.pen.drawImage(ground(frame, land), left, top, right - left, bottom - top);
    walk(frame, state);
  });
}

/** The map without the path, which is drawn once for all steps. @type {{land: Landscape, look: string, image: OffscreenCanvas} | null} */
let drawn = null;

/** @param {Frame} frame @param {Landscape} land */
function ground(frame, land) {
  const { left, top, right, bottom } = frame.box, ratio = window.devicePixelRatio || 1;
  const look = JSON.stringify([frame.box, ratio, frame.colour("low"), frame.colour("ink")]);
  if (drawn && drawn.land === land && drawn.look === look) return drawn.image;
  const image = new OffscreenCanvas(Math.max(1, Math.round((right - left) * ratio)), Math.max(1, Math.round((bottom - top) * ratio)));
  const pen = image.getContext("2d"), height = heights(land), grid = land.losses.map((row) => row.map(height));
  if (!pen) return image;
  pen.imageSmoothingEnabled = true;
  pen.drawImage(painted(frame, grid), 0, 0, image.width, image.height);
  pen.setTransform(ratio, 0, 0, ratio, -left * ratio, -top * ratio);
  pen.strokeStyle = frame.colour("ink");
  pen.lineWidth = 1;
  pen.globalAlpha = 0.28;
  pen.beginPath();
  for (let level = 1; level < LEVELS; level++) contour(pen, frame, land, grid, level / LEVELS);
  pen.stroke();
  drawn = { land, look, image };
  return image;
}

/** Colours between the values of the grid. @param {Frame} frame @param {number[][]} grid */
function painted(frame, grid) {
  const rows = grid.length, columns = grid[0].length, tint = shades(frame.colour), fine = 4;
  const image = new ImageData((columns - 1) * fine, (rows - 1) * fine);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      const u = (x + 0.5) / fine, v = rows - 1 - (y + 0.5) / fine, i = Math.min(rows - 2, Math.floor(v)), j = Math.min(columns - 2, Math.floor(u));
      const a = u - j, b = v - i;
      const height = (grid[i][j] * (1 - a) + grid[i][j + 1] * a) * (1 - b) + (grid[i + 1][j] * (1 - a) + grid[i + 1][j + 1] * a) * b;
      image.data.set([...tint(height), 255], (y * image.width + x) * 4);
    }
  }
  const small = new OffscreenCanvas(image.width, image.height);
  small.getContext("2d")?.putImageData(image, 0, 0);
  return small;
}

/** The line on which the heights are at a level: through each square of the grid. @param {OffscreenCanvasRenderingContext2D} pen @param {Frame} frame @param {Landscape} land @param {number[][]} grid @param {number} level */
function contour(pen, frame, land, grid, level) {
  for (let i = 0; i + 1 < grid.length; i++) {
    for (let j = 0; j + 1 < grid[0].length; j++) {
      const corners = [[i, j], [i, j + 1], [i + 1, j + 1], [i + 1, j]];
      /** @type {Pair[]} */
      const found = [];
      corners.forEach(([r, c], index) => {
        const [r2, c2] = corners[(index + 1) % 4], one = grid[r][c], other = grid[r2][c2];
        if (one < level === other < level) return;
        const part = (level - one) / (other - one);
        const across = land.across_values, down = land.down_values;
        found.push([frame.x(across[c] + (across[c2] - across[c]) * part), frame.y(down[r] + (down[r2] - down[r]) * part)]);
      });
      for (let pair = 0; pair + 1 < found.length; pair += 2) {
        pen.moveTo(...found[pair]);
        pen.lineTo(...found[pair + 1]);
      }
    }
  }
}

/** The way so far. @param {Frame} frame @param {State} state */
function walk(frame, state) {
  const { colour } = frame;
  /** @type {Pair[]} */
  const path = state.path.map(([down, across]) => [across, down]);
  /** @type {Pair[]} */
  const away = state.away.map(([down, across]) => [across, down]);
  frame.curve(path, colour("card"), 6, 0.8);
  frame.curve(path, colour("ink"), 3);
  if (away.length) frame.curve([path[path.length - 1], ...away], colour("orange"), 4, 1, [10, 7]);
  if (path.length < 40) for (const [x, y] of path) frame.dot(x, y, 3.5, colour("ink"), colour("card"));
  frame.dot(...path[0], 5, colour("blue"), colour("card"));
  frame.dot(...path[path.length - 1], 8, colour("orange"), colour("card"));
}

/** The loss over a single parameter. @param {HTMLCanvasElement} canvas @param {State} state @param {Landscape} land */
function drawValley(canvas, state, land) {
  /** @type {Pair[]} */
  const curve = land.down_values.map((value, index) => [value, land.losses[index][0] ?? NaN]);
  const frame = new Frame(canvas, [curve[0][0], curve[curve.length - 1][0]], span(curve.map(([, loss]) => loss)), [land.down, state.loss.name]);
  const { colour } = frame, height = (/** @type {number} */ x) => {
    const after = Math.max(1, curve.findIndex(([other]) => other >= x)), [x1, y1] = curve[after - 1], [x2, y2] = curve[after];
    return y1 + ((y2 - y1) * (x - x1)) / (x2 - x1);
  };
  frame.inside(() => {
    frame.curve(curve, colour("blue"), 3);
    for (const [x] of state.path) frame.dot(x, height(x), 4, colour("ink"), colour("card"));
    const [x] = state.path[state.path.length - 1];
    frame.dot(x, height(x), 9, colour("orange"), colour("card"));
  });
}

/** Whether a place lies on the map. @param {Landscape} land @param {number[]} place */
export function isOn(land, [down, across]) {
  const within = (/** @type {number[]} */ values, /** @type {number} */ value) => value >= values[0] && value <= values[values.length - 1];
  return within(land.down_values, down) && (land.across === null || within(land.across_values, across));
}
