// @ts-check
/**
 * Gradient descent in a Google Sheet, with nothing installed: a menu with Run epochs and Reset.
 *
 * It works on a worksheet of the straight line. One epoch walks down the step table: each row guesses y, squares the
 * miss, nudges m and b by h to see how the error moves, and takes a small step downhill. Where the sheet's formulas do
 * just that, the script does it by itself and writes once. Where they do something else, they are what an epoch is: the
 * script carries the last row's new m and b to the start cells, lets the sheet recalculate, and reads it again.
 *
 * @OnlyCurrentDoc
 *
 * @typedef {{m: number, b: number}} Line
 * @typedef {{x: number, y: number}} Point
 * @typedef {Line & {loss: number | undefined}} State
 */

// -- the mathematics ------------------------------------------------------------------------------------------------

/** One row of the step table, its columns by their titles. @param {Point} point @param {Line} line */
function step({ x, y }, { m, b }, learn, h) {
  const y_pred = m * x + b;
  const error_sq = (y_pred - y) ** 2;
  const err_m1 = ((m + h) * x + b - y) ** 2;
  const de_dm = (err_m1 - error_sq) / h;
  const err_b1 = (m * x + (b + h) - y) ** 2;
  const de_db = (err_b1 - error_sq) / h;
  const [new_m, new_b] = [m - learn * de_dm, b - learn * de_db];
  return { m, b, y_pred, error_sq, err_m1, "de/dm": de_dm, new_m, err_b1, "de/db": de_db, new_b };
}

/** All rows, each from the line that the row before left behind. @param {Point[]} points @param {Line} line */
function epoch(points, line, learn, h) {
  return points.map((point) => {
    const row = step(point, line, learn, h);
    line = { m: row.new_m, b: row.new_b };
    return row;
  });
}

/** The root of the mean squared error. @param {Point[]} points @param {Line} line */
function rmse(points, { m, b }) {
  return Math.sqrt(points.reduce((sum, { x, y }) => sum + (m * x + b - y) ** 2, 0) / points.length);
}

// -- the menu -------------------------------------------------------------------------------------------------------

const GREW = 1e6; // a loss that has grown so many times over is lost
const MOST_EPOCHS = 1000;
const MOST_MINUTES = 5; // Google ends a script after six, wherever it is

function onOpen() {
  SpreadsheetApp.getUi().createMenu("Gradient descent")
    .addItem("Run epochs", "runEpochs").addItem("Reset", "reset").addToUi();
}

function runEpochs() {
  change((lesson, sheet) => {
    logged(lesson.log, [], lesson.log.end + 1, lesson.grid, lesson.epochs); // is there room?
    const next = lesson.ours ? byRule(lesson) : bySheet(lesson, sheet);
    const [rows, begun] = [[], Date.now()];
    let [line, before, first] = [lesson.start, lesson.loss, lesson.loss];
    for (let number = 1; number <= lesson.epochs; number++) {
      if (Date.now() - begun > MOST_MINUTES * 60000) {
        fail(`${MOST_MINUTES} minutes were enough for ${rows.length} epochs only, and Google allows six. ` +
          "The sheet is as it was: type fewer epochs.");
      }
      const { m, b, loss } = next(line);
      first = first || loss; // a start on the exact line has no loss to compare with
      if (![m, b, loss ?? 0].every(Number.isFinite) || loss > GREW * first) {
        fail(`The run diverged in epoch ${number} with learn ${lesson.learn}, and the sheet is as it was. ` +
          (lesson.ours ? `For these x, every learn below ${safe(lesson)} is certainly safe.` : "Try a tenth of it."));
      }
      line = { m, b };
      rows.push({ epoch: lesson.log.next + number - 1, m, b, rmse: loss });
    }
    const done = `${rows.length} ${rows.length === 1 ? "epoch" : "epochs"}`;
    return [line, rows, lesson.log.end + 1, done + told(before, rows[rows.length - 1].rmse)];
  });
}

function reset() {
  change((lesson, sheet) => {
    const loss = lesson.ours ? rmse(lesson.points, lesson.resetTo) : recalculated(lesson, sheet, lesson.resetTo).loss;
    const row = { epoch: 0, ...lesson.resetTo, rmse: loss };
    return [lesson.resetTo, [row], lesson.log.heading + 1, "Reset" + told(undefined, loss)];
  });
}

/** One epoch by the rule above. */
function byRule({ points, learn, h }) {
  return (line) => {
    const { new_m: m, new_b: b } = epoch(points, line, learn, h)[points.length - 1];
    return { m, b, loss: rmse(points, { m, b }) };
  };
}

/** One epoch by the sheet's own formulas, which show the first one already. */
function bySheet(lesson, sheet) {
  let { grid } = lesson;
  return () => {
    const [m, b] = [lesson.carry.m, lesson.carry.b].map((cell) => grid.value(cell));
    if (![m, b].every(Number.isFinite)) return { m, b, loss: NaN };
    const now = recalculated(lesson, sheet, { m, b });
    grid = now.grid;
    return { m, b, loss: now.loss };
  };
}

/** The sheet with another line in its start cells, recalculated, and its loss. */
function recalculated(lesson, sheet, line) {
  write(sheet, start(lesson.cells, line));
  const grid = read(sheet);
  const shown = lesson.lossCell && grid.value(lesson.lossCell);
  return { grid, loss: lesson.lossCell ? (typeof shown === "number" ? shown : NaN) : undefined };
}

/** A learning rate, to three digits and rounded down, that is small enough for every row. */
function safe({ points }) {
  const most = 1 / (Math.max(...points.map(({ x }) => x * x)) + 1);
  const digit = 10 ** (Math.floor(Math.log10(most)) - 2);
  return (Math.floor(most / digit) * digit).toPrecision(3);
}

/** What became of the loss, for people: eight digits; the cells hold all. */
function told(before, after) {
  const [from, to] = [before, after].map((number) => (number === undefined ? "" : String(+number.toPrecision(8))));
  return to && `: rmse ${from && from + " → "}${to}`;
}

/**
 * Read the sheet, work, and write the line, the log's rows from a row on, and the table where it holds plain numbers.
 * @param {(lesson: ReturnType<typeof findLesson>, sheet: GoogleAppsScript.Spreadsheet.Sheet) =>
 *   [Line, Object<string, number>[], number, string]} work
 */
function change(work) {
  const lock = LockService.getDocumentLock();
  const sheet = SpreadsheetApp.getActiveSheet();
  let lesson;
  try {
    if (!lock.tryLock(20000)) fail("Another run is under way. Try again in a minute.");
    const { GRID } = SpreadsheetApp.SheetType;
    if (sheet.getType() !== GRID) fail("This sheet is a chart. Choose the lesson's sheet, and run again.");
    lesson = findLesson(read(sheet));
    const [line, rows, first, words] = work(lesson, sheet);
    write(sheet, [...start(lesson.cells, line), ...logged(lesson.log, rows, first, lesson.grid),
      ...(lesson.plain ? table(lesson, line, lesson.grid.right("rmse")) : [])]);
    SpreadsheetApp.getActiveSpreadsheet().toast(words, "Gradient descent");
  } catch (error) {
    if (lesson && !lesson.ours) write(sheet, start(lesson.cells, lesson.start)); // which epochs by the sheet have moved
    SpreadsheetApp.getUi().alert("Gradient descent", error.message, SpreadsheetApp.getUi().ButtonSet.OK);
  } finally {
    lock.releaseLock();
  }
}

// -- finding the lesson ---------------------------------------------------------------------------------------------

/** The cells of a sheet as they are now. @param {GoogleAppsScript.Spreadsheet.Sheet} sheet */
function read(sheet) {
  const range = sheet.getDataRange();
  return new Grid(range.getValues(), range.getFormulas());
}

/** The cells of a sheet, each by [row, column] from 0. */
class Grid {
  /** @param {any[][]} values @param {string[][]} formulas */
  constructor(values, formulas) {
    this.values = values;
    this.formulas = formulas;
    this.labels = values.flatMap((row, r) => row.map((value, c) => ({ text: normal(value), cell: [r, c] })));
  }

  /** @param {number[]} cell */
  value([row, column]) { return this.values[row]?.[column] ?? ""; }

  /** @param {number[]} cell */
  formula([row, column]) { return this.formulas[row]?.[column] ?? ""; }

  /** The number in a cell. @param {number[]} cell */
  number(cell, what) {
    const value = this.value(cell);
    const shown = value === "" ? "empty" : `“${value}”`;
    if (typeof value !== "number") fail(`${a1(cell)}: ${what} is ${shown}. Type a number there.`);
    return value;
  }

  /** The cell of the number right of one of these labels. */
  right(...names) {
    return this.labels.filter(({ text }) => names.includes(text)).map(({ cell: [row, column] }) => [row, column + 1])
      .find((cell) => typeof this.value(cell) === "number");
  }

  /** The cell of the number right of one of these labels, or what stands there instead of a number. */
  control(...names) {
    const labels = this.labels.filter(({ text }) => names.includes(text));
    const beside = labels.map(({ cell: [row, column] }) => [row, column + 1]);
    return this.right(...names) || beside.find((cell) => this.value(cell) !== "");
  }

  /** The cell in a label's row and below a heading's column. */
  crossing(name, heading) {
    for (const { cell: [row, column] } of this.labels.filter(({ text }) => text === name)) {
      /** @param {number[]} cell */
      const near = ([r, c]) => r < row && r > row - 11 && c > column && c < column + 11;
      const found = this.labels.find(({ text, cell }) => text === heading && near(cell));
      if (found) return [row, found.cell[1]];
    }
  }

  /** The first row that holds all of these headings, and the column of each of its headings. */
  headings(...titles) {
    const held = (cells, title) => cells.some((value) => normal(value) === title);
    const row = this.values.findIndex((cells) => titles.every((title) => held(cells, title)));
    const named = (this.values[row] || []).map((value, column) => [normal(value), column]);
    return { row, columns: Object.fromEntries(named.reverse()) };
  }
}

/** A label as it is compared: without case, blanks around it and punctuation. */
function normal(text) {
  return String(text).toLowerCase().replace(/[\s_-]+/g, " ").replace(/^[ .:]+|[ .:]+$/g, "");
}

/** Where everything is, by labels and formulas, and what it holds. @param {Grid} grid */
function findLesson(grid) {
  const { row: top, columns } = grid.headings("x", "y", "m", "b", "new m", "new b");
  if (top < 0) fail("This sheet has no row with the headings x, y, m, b, new_m and new_b.");
  const rows = [];
  for (let row = top + 1; grid.value([row, columns.x]) !== ""; row++) rows.push(row);
  if (!rows.length) fail(`${a1([top + 1, columns.x])}: the table has no x. Type numbers below the heading.`);
  const points = rows.map((row) => ({ x: grid.number([row, columns.x], "x"), y: grid.number([row, columns.y], "y") }));

  const cells = { m: startCell(grid, "m", [top + 1, columns.m]), b: startCell(grid, "b", [top + 1, columns.b]) };
  const start = { m: grid.number(cells.m, "m"), b: grid.number(cells.b, "b") };
  const [m, b] = ["m", "b"].map((name) => grid.crossing(name, "reset to"))
    .map((cell) => cell && grid.value(cell) !== "" ? grid.number(cell, "the reset value") : 1);
  const control = (cell, otherwise, what) => (cell ? grid.number(cell, what) : otherwise);
  const learn = control(grid.control("learn", "learning rate", "lr", "alpha"), 0, "learn");
  const epochs = control(grid.control("epochs"), 5, "epochs");
  if (!(learn > 0)) fail("No label learn with a number above 0 to its right was found. Type one, such as 0.0001.");
  const countable = Number.isInteger(epochs) && epochs >= 1 && epochs <= MOST_EPOCHS;
  if (!countable) fail(`epochs is ${epochs}. Type a whole number from 1 to ${MOST_EPOCHS}.`);

  const last = rows[rows.length - 1];
  const lesson = { grid, points, start, learn, epochs, h: control(grid.right("h"), 0.01, "h"), cells, rows, columns,
    plain: !grid.formula([rows[0], columns["new m"]]), ours: true, resetTo: { m, b }, loss: rmse(points, start),
    carry: { m: [last, columns["new m"]], b: [last, columns["new b"]] }, lossCell: grid.right("rmse"),
    log: findLog(grid) };
  if (lesson.plain || isOurs(lesson)) return lesson;
  refuseOtherTables(lesson);
  const { lossCell } = lesson;
  return { ...lesson, ours: false, loss: lossCell && grid.number(lossCell, "rmse") };
}

/** The cell that the first row's formula repeats, or the one labelled as the guess. @param {Grid} grid */
function startCell(grid, name, first) {
  const [, letters, digits] = /^=\$?([A-Z]+)\$?(\d+)$/.exec(grid.formula(first)) || [];
  const column = [...(letters || "")].reduce((sum, letter) => 26 * sum + letter.charCodeAt(0) - 64, 0) - 1;
  const referred = letters && [Number(digits) - 1, column];
  const cell = referred || grid.crossing(name, "guess") || grid.right(name + " guess", name);
  if (!cell) fail(`No start cell for ${name} was found: label one ${name}_guess, and type a number to its right.`);
  const formula = grid.formula(cell);
  if (formula) fail(`${a1(cell)}: the start of ${name} is the formula ${formula}. Type a number there.`);
  return cell;
}

/** The epoch log: its heading's row, its last row, its columns, and the number of the next epoch. @param {Grid} grid */
function findLog(grid) {
  const { row: heading, columns } = grid.headings("epoch", "rmse");
  let end = heading;
  while (heading >= 0 && typeof grid.value([end + 1, columns.epoch]) === "number") end++;
  return { heading, end, next: end === heading ? 1 : grid.number([end, columns.epoch], "epoch") + 1, columns };
}

/** Whether every row, and rmse, show what this script's rule gives. */
function isOurs({ grid, points, start, learn, h, rows, columns, loss, lossCell }) {
  const shows = (cell, ours) => Math.abs(grid.value(cell) - ours) <= 1e-9 * Math.max(1, Math.abs(ours));
  return (!lossCell || shows(lossCell, loss)) && epoch(points, start, learn, h).every(({ new_m, new_b }, index) =>
    shows([rows[index], columns["new m"]], new_m) && shows([rows[index], columns["new b"]], new_b));
}

/** In a table of another rule, m and b must be all that goes from one row to the next: only these are carried. */
function refuseOtherTables({ grid, rows, columns }) {
  for (const [row, above] of rows.slice(1).map((row, index) => [row, rows[index]])) {
    for (const name of ["m", "b"]) {
      const formula = grid.formula([row, columns[name]]);
      if (formula.replace(/[$+]/g, "") !== `=${a1([above, columns["new " + name]])}`) {
        fail(`${a1([row, columns[name]])}: ${name} is ${formula || "no formula"}, not the row above's new ${name}. ` +
          "This menu runs only step tables; sheetgd runs any.");
      }
    }
    const others = Object.values(columns).filter((column) => column !== columns.m && column !== columns.b);
    const odd = others.find((column) => refers(grid.formula([row, column]), above + 1));
    if (odd !== undefined) {
      fail(`${a1([row, odd])}: the formula ${grid.formula([row, odd])} needs more of the row above than m and b. ` +
        "This menu carries only these; sheetgd carries all.");
    }
  }
}

/** Whether a formula names a cell in this row, without a dollar sign before the row's number. */
function refers(formula, row) {
  return new RegExp(`(?<![$\\w!:.'])\\$?[A-Z]{1,3}${row}(?![\\w(:])`).test(formula);
}

// -- writing --------------------------------------------------------------------------------------------------------

/** The start cells with a line. */
function start(cells, { m, b }) { return [[cells.m, m], [cells.b, b]]; }

/** The log's cells: new rows from a row on, and nothing below them; with a `count`, only whether there is room. */
function logged({ heading, end, columns }, rows, first, grid, count = 0) {
  if (heading < 0) return [];
  const titles = ["epoch", "m", "b", "rmse"].filter((title) => title in columns);
  const many = Math.max(rows.length, count, end - first + 1);
  const cells = Array.from({ length: many }, (_, index) =>
    titles.map((title) => [[first + index, columns[title]], rows[index]?.[title]])).flat();
  const [taken] = cells.filter(([[row, column]]) => row > end && grid.value([row, column]) !== "");
  if (taken) fail(`${a1(taken[0])}: the log would run over what stands here. Move it, or reset the log.`);
  return count ? [] : cells;
}

/** Write cells, runs down a column together, and let the sheet recalculate; a cell without a number is emptied. */
function write(sheet, cells) {
  const last = Math.max(...cells.map(([[row]]) => row + 1));
  if (last > sheet.getMaxRows()) sheet.insertRowsAfter(sheet.getMaxRows(), last - sheet.getMaxRows());
  const sorted = [...cells].sort(([[r, c]], [[row, column]]) => c - column || r - row);
  while (sorted.length) {
    const [[[row, column]]] = sorted;
    const length = sorted.findIndex(([[r, c]], index) => c !== column || r !== row + index);
    const run = sorted.splice(0, length < 0 ? sorted.length : length);
    sheet.getRange(row + 1, column + 1, run.length, 1).setValues(run.map(([, number]) => [number ?? ""]));
  }
  SpreadsheetApp.flush();
}

/** A table of plain numbers, filled in from the line, and the rmse beside its label. */
function table({ points, learn, h, columns, rows }, line, loss) {
  const cells = loss ? [[loss, rmse(points, line)]] : [];
  return [...cells, ...epoch(points, line, learn, h).flatMap((row, index) => Object.entries(row)
    .filter(([title]) => normal(title) in columns)
    .map(([title, number]) => [[rows[index], columns[normal(title)]], number]))];
}

/** The address of a row and a column from 0, like D4. @param {number[]} cell */
function a1([row, column]) {
  let letters = "";
  for (let rest = column + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
  }
  return letters + (row + 1);
}

/** @returns {never} */
function fail(words) {
  throw new Error(words);
}
