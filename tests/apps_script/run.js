// Runs a function of Code.gs on the sheet that stdin describes, against a strict stand-in for Google's services: a member
// that it does not know throws. Prints what was asked of the services, as JSON.
"use strict";
const fs = require("node:fs");
const vm = require("node:vm");

const { code, call, sheet, locked } = JSON.parse(fs.readFileSync(0, "utf8"));
const told = { reads: 0, writes: [], alerts: [], toasts: [], menu: [], locks: 0 };

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
  getId: () => "the-id",
  toast(words, title) { told.toasts.push(words); expect(title, "a toast needs a title"); },
});
const services = {
  SpreadsheetApp: strict("SpreadsheetApp", {
    getUi: () => ui,
    getActiveSpreadsheet: () => book,
    getActiveSheet: () => strict("Sheet", { getName: () => sheet.name }),
  }),
  LockService: strict("LockService", {
    getDocumentLock: () => strict("Lock", {
      tryLock(milliseconds) { expect(milliseconds > 0, "a lock waits"); told.locks += locked ? 0 : 1; return !locked; },
      releaseLock() { told.locks -= locked ? 0 : 1; },
    }),
  }),
  Sheets: strict("Sheets", {
    Spreadsheets: strict("Spreadsheets", {
      get(id, { ranges, fields, ...rest }) {
        expect(id === "the-id" && Object.keys(rest).length === 0, "get takes an id, ranges and fields");
        expect(ranges.length === 1 && ranges[0] === `'${sheet.name.replaceAll("'", "''")}'`, `ranges: ${ranges}`);
        expect(fields.startsWith("sheets("), `fields: ${fields}`);
        told.reads += 1;
        const properties = { gridProperties: { rowCount: sheet.rowCount } }; // the first sheet's id is 0, and left out
        return { sheets: [{ properties, data: [{ rowData: sheet.rows }] }] };
      },
      batchUpdate(body, id) {
        expect(id === "the-id" && Object.keys(body).join() === "requests", "batchUpdate takes requests and an id");
        const finite = JSON.stringify(body.requests, (key, value) => {
          expect(typeof value !== "number" || Number.isFinite(value), `${key} is ${value}`);
          return value;
        });
        told.writes.push(JSON.parse(finite));
      },
    }),
  }),
};

const context = vm.createContext(services);
vm.runInContext(code, context, { filename: "Code.gs" });
vm.runInContext(`${call}()`, context);
console.log(JSON.stringify(told));
