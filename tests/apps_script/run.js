// Runs a function of Code.gs on the sheet that stdin describes, against a strict stand-in for Google's services: a member
// that it does not know throws. Prints what was asked of the services, as JSON. A sheet that is read after it was written
// is recalculated by the command `recalculate`, which gets the cells written by now.
"use strict";
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const vm = require("node:vm");

const { code, call, sheet, locked, chart, slow, recalculate } = JSON.parse(fs.readFileSync(0, "utf8"));
const told = { reads: 0, writes: [], alerts: [], toasts: [], menu: [], locks: 0, rows: sheet.rows };
let [{ values, formulas }, waiting, written] = [sheet, {}, {}];
let clock = 0; // milliseconds

function strict(name, members) {
  return new Proxy(members, {
    get(target, key) {
      if (key in target) return target[key];
      throw new Error(`${name} has no ${String(key)}`);
    },
  });
}

function expect(condition, words) {
  if (!condition) throw new Error(words);
}

function letters(column) {
  return column > 26 ? letters(Math.floor((column - 1) / 26)) + letters(((column - 1) % 26) + 1)
    : String.fromCharCode(64 + column);
}

const menu = (title) => strict("Menu", {
  addItem(text, handler) { told.menu.push([title, text, handler]); return menu(title); },
  addToUi() {},
});
const ui = strict("Ui", {
  ButtonSet: { OK: "OK" },
  createMenu: menu,
  alert(title, words, buttons) { expect(buttons === "OK", "alert takes a button set"); told.alerts.push(words); },
});
const book = strict("Spreadsheet", {
  toast(words, title) { told.toasts.push(words); expect(title, "a toast needs a title"); },
});

function flush() {
  clock += slow ? 100000 : 0;
  if (Object.keys(waiting).length) told.writes.push(waiting);
  [written, waiting] = [{ ...written, ...waiting }, {}];
}

function refresh() {
  expect(!Object.keys(waiting).length, "what was written has not been flushed");
  if (!Object.keys(written).length) return;
  const [command, ...words] = recalculate;
  ({ values, formulas } = JSON.parse(execFileSync(command, words, { input: JSON.stringify(written) })));
}

const grid = strict("Sheet", {
  getType: () => (chart ? "OBJECT" : "GRID"),
  getMaxRows: () => told.rows,
  insertRowsAfter(after, count) {
    expect(after === told.rows && count > 0, `rows ${count} after ${after}`);
    told.rows += count;
  },
  getDataRange() {
    expect(!chart, "a chart has no cells");
    return strict("Range", {
      getValues() { refresh(); told.reads += 1; return structuredClone(values); },
      getFormulas: () => structuredClone(formulas),
    });
  },
  getRange(row, column, height, width) {
    expect(row > 0 && column > 0 && height > 0 && width === 1, `range ${[row, column, height, width]}`);
    expect(row + height - 1 <= told.rows, "those rows are beyond the sheet");
    return strict("Range", {
      setValues(rows) {
        expect(rows.length === height, `${rows.length} values for ${height} rows`);
        rows.forEach(([value, ...more], index) => {
          expect(!more.length && (value === "" || Number.isFinite(value)), `the value is ${value}`);
          waiting[letters(column) + (row + index)] = value === "" ? null : value;
        });
      },
    });
  },
});
const services = {
  Date: strict("Date", { now: () => clock }),
  SpreadsheetApp: strict("SpreadsheetApp", {
    SheetType: strict("SheetType", { GRID: "GRID", OBJECT: "OBJECT" }),
    flush,
    getUi: () => ui,
    getActiveSpreadsheet: () => book,
    getActiveSheet: () => grid,
  }),
  LockService: strict("LockService", {
    getDocumentLock: () => strict("Lock", {
      tryLock(milliseconds) { expect(milliseconds > 0, "a lock waits"); told.locks += locked ? 0 : 1; return !locked; },
      releaseLock() { told.locks -= locked ? 0 : 1; },
    }),
  }),
};

const context = vm.createContext(services);
vm.runInContext(code, context, { filename: "Code.gs" });
vm.runInContext(`${call}()`, context);
expect(!Object.keys(waiting).length, "what was written has not been flushed");
console.log(JSON.stringify(told));
