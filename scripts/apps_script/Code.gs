// @ts-check
/**
 * Gradient descent in a Google Sheet, with nothing installed: a menu with Run epochs and Reset.
 *
 * It works on the straight line's worksheet. One epoch walks down the step table: each row guesses y, squares the miss,
 * nudges m and b by h to see how the error moves, and takes a small step downhill. The sheet is read once and written
 * once, all or nothing; its formulas stay, and show the rest. A table of another rule is refused, not guessed at.
 *
 * @typedef {{m: number, b: number}} Line
 * @typedef {{x: number, y: number}} Point
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

/** A limit to three digits, and never above it. @param {number} limit */
function roundedDown(limit) {
  const unit = 10 ** (Math.floor(Math.log10(limit)) - 2);
  return (Math.floor(limit / unit) * unit).toPrecision(3);
}

// -- the menu -------------------------------------------------------------------------------------------------------

function onOpen() {
  SpreadsheetApp.getUi().createMenu("Gradient descent")
    .addItem("Run epochs", "runEpochs").addItem("Reset", "reset").addToUi();
}

function runEpochs() {
  change((lesson) => {
    const { points, learn, h, log } = lesson;
    let line = lesson.start;
    const rows = [];
    for (let number = 1; number <= lesson.epochs; number++) {
      const { new_m: m, new_b: b } = epoch(points, line, learn, h)[points.length - 1];
      const loss = rmse(points, { m, b });
      if (!(loss <= 1e6 * lesson.loss)) {
        const safe = 1 / (Math.max(...points.map(({ x }) => x * x)) + 1);
        fail(`The run diverged in epoch ${number} with learn ${learn}, and nothing was written. ` +
          `For these x, every learn below ${roundedDown(safe)} is certainly safe.`);
      }
      line = { m, b };
      rows.push({ epoch: log.next + number - 1, ...line, rmse: loss });
    }
    return [line, rows, log.end + 1, `${rows.length} epochs: rmse ${lesson.loss} → ${rmse(points, line)}`];
  });
}

function reset() {
  change((lesson) => {
    const loss = rmse(lesson.points, lesson.resetTo);
    const row = { epoch: 0, ...lesson.resetTo, rmse: loss };
    return [lesson.resetTo, [row], lesson.log.heading + 1, `Reset: rmse ${loss}`];
  });
}

/**
 * Read the sheet, work, and write the line, the log's rows from a row on, and the table where it holds plain numbers.
 * @param {(lesson: ReturnType<typeof findLesson>) => [Line, Object<string, number>[], number, string]} work
 */
function change(work) {
  const lock = LockService.getDocumentLock();
  const book = SpreadsheetApp.getActiveSpreadsheet();
  const name = "'" + SpreadsheetApp.getActiveSheet().getName().replace(/'/g, "''") + "'";
  try {
    if (!lock.tryLock(20000)) fail("Another run is under way. Try again in a minute.");
    const { grid, sheet } = read(book.getId(), name);
    const lesson = findLesson(grid);
    const [line, rows, first, words] = work(lesson);
    const cells = [[lesson.cells.m, line.m], [lesson.cells.b, line.b], ...logged(lesson.log, rows, first, grid),
      ...(lesson.plain ? table(lesson, line, grid.right("rmse")) : [])];
    Sheets.Spreadsheets.batchUpdate({ requests: requests(sheet, cells) }, book.getId());
    book.toast(words, "Gradient descent");
  } catch (error) {
    SpreadsheetApp.getUi().alert("Gradient descent", error.message, SpreadsheetApp.getUi().ButtonSet.OK);
  } finally {
    lock.releaseLock();
  }
}

// -- finding the lesson ---------------------------------------------------------------------------------------------

/** The sheet's properties, and its cells. @returns {{grid: Grid, sheet: {id: number, rows: number}}} */
function read(id, name) {
  const values = "data.rowData.values(userEnteredValue,effectiveValue)";
  const fields = `sheets(properties(sheetId,gridProperties.rowCount),${values})`;
  const [{ properties, data }] = Sheets.Spreadsheets.get(id, { ranges: [name], fields }).sheets;
  const sheet = { id: properties.sheetId || 0, rows: properties.gridProperties.rowCount };
  return { grid: new Grid(data[0].rowData || []), sheet };
}

/** The cells of a sheet, each by [row, column] from 0. */
class Grid {
  /** @param {GoogleAppsScript.Sheets.Schema.RowData[]} rows */
  constructor(rows) {
    this.rows = rows.map((row) => (row.values || []).map(({ effectiveValue, userEnteredValue }) => {
      const { numberValue, stringValue, errorValue } = effectiveValue || {};
      const value = numberValue ?? stringValue ?? errorValue?.type ?? "";
      return { value, formula: userEnteredValue?.formulaValue ?? "" };
    }));
    this.labels = this.rows.flatMap((row, r) => row.map(({ value }, c) => ({ text: normal(value), cell: [r, c] })));
  }

  /** @param {number[]} cell */
  value([row, column]) { return this.rows[row]?.[column]?.value ?? ""; }

  /** @param {number[]} cell */
  formula([row, column]) { return this.rows[row]?.[column]?.formula ?? ""; }

  /** The number in a cell. @param {number[]} cell */
  number(cell, what) {
    const value = this.value(cell);
    const shown = value === "" ? "empty" : `“${value}”`;
    if (typeof value !== "number") fail(`${a1(cell)}: ${what} is ${shown}. Type a number there.`);
    return value;
  }

  /** The number's cell right of one of these labels. */
  right(...names) {
    return this.labels.filter(({ text }) => names.includes(text)).map(({ cell: [row, column] }) => [row, column + 1])
      .find((cell) => typeof this.value(cell) === "number");
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
    const held = (cells, title) => cells.some(({ value }) => normal(value) === title);
    const row = this.rows.findIndex((cells) => titles.every((title) => held(cells, title)));
    const named = (this.rows[row] || []).map(({ value }, column) => [normal(value), column]);
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
  const control = (otherwise, ...names) => {
    const cell = grid.right(...names);
    return cell ? grid.number(cell, names[0]) : otherwise;
  };
  const learn = control(0, "learn", "learning rate", "lr", "alpha");
  const epochs = control(5, "epochs");
  if (!(learn > 0)) fail("No label learn with a number above 0 right of it was found. Type one, such as 0.0001.");
  const countable = Number.isInteger(epochs) && epochs >= 1 && epochs <= 1000;
  if (!countable) fail(`epochs is ${epochs}. Type a whole number from 1 to 1000.`);

  const plain = !grid.formula([rows[0], columns["new m"]]);
  const lesson = { points, start, learn, epochs, h: control(0.01, "h"), cells, rows, columns, plain, resetTo: { m, b },
    loss: rmse(points, start), log: findLog(grid) };
  if (!plain) confirm(lesson, grid);
  return lesson;
}

/** The cell that the first row's formula repeats, or the one labelled as the guess. @param {Grid} grid */
function startCell(grid, name, first) {
  const [, letters, digits] = /^=\$?([A-Z]+)\$?(\d+)$/.exec(grid.formula(first)) || [];
  const column = [...(letters || "")].reduce((sum, letter) => 26 * sum + letter.charCodeAt(0) - 64, 0) - 1;
  const referred = letters && [Number(digits) - 1, column];
  const cell = referred || grid.crossing(name, "guess") || grid.right(name + " guess", name);
  if (!cell) fail(`No start cell for ${name} was found: label one ${name}_guess, and type a number right of it.`);
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

/** Every row must show what this script's rule gives, and so must rmse; another rule is not ours to run. */
function confirm({ points, start, learn, h, rows, columns, loss }, grid) {
  const check = (cell, ours, what) => {
    if (!(Math.abs(grid.value(cell) - ours) <= 1e-9 * Math.max(1, Math.abs(ours)))) {
      fail(`${a1(cell)}: the sheet gives ${grid.value(cell)}, but ${what} is ${ours}. ` +
        "This menu knows only that; sheetgd runs any.");
    }
  };
  epoch(points, start, learn, h).forEach(({ new_m, new_b }, index) => {
    check([rows[index], columns["new m"]], new_m, "a step with finite differences");
    check([rows[index], columns["new b"]], new_b, "a step with finite differences");
  });
  if (grid.right("rmse")) check(grid.right("rmse"), loss, "the root of the mean squared error");
}

// -- writing --------------------------------------------------------------------------------------------------------

/** The log's cells: new rows from a row on, and nothing below them. */
function logged({ heading, end, columns }, rows, first, grid) {
  if (heading < 0) return [];
  const titles = ["epoch", "m", "b", "rmse"].filter((title) => title in columns);
  const count = Math.max(rows.length, end - first + 1);
  const cells = Array.from({ length: count }, (_, index) =>
    titles.map((title) => [[first + index, columns[title]], rows[index]?.[title]])).flat();
  const [taken] = cells.filter(([[row, column]]) => row > end && grid.value([row, column]) !== "");
  if (taken) fail(`${a1(taken[0])}: the log would run over what stands here. Move it, or reset the log.`);
  return cells;
}

/** One request a cell, after one that gives the sheet the rows it lacks; a cell without a number is emptied. */
function requests(sheet, cells) {
  const last = Math.max(...cells.map(([[row]]) => row + 1));
  const properties = { sheetId: sheet.id, gridProperties: { rowCount: last } };
  const grow = { properties, fields: "gridProperties.rowCount" };
  const writes = cells.map(([[rowIndex, columnIndex], number]) => ({ updateCells: {
    start: { sheetId: sheet.id, rowIndex, columnIndex }, fields: "userEnteredValue",
    rows: [{ values: [number === undefined ? {} : { userEnteredValue: { numberValue: number } }] }],
  } }));
  return last > sheet.rows ? [{ updateSheetProperties: grow }, ...writes] : writes;
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
