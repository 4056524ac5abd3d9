// The numbers of now, the inputs, and the step table with the sum in words.

import { element, find, shown } from "./format.js";
import { filled, TEXTS } from "./texts.js";

/** @typedef {import("./types").State} State @typedef {import("./types").Input} Input @typedef {import("./types").Explanation} Explanation */

const STEPS = 1000, SLIDER = 3; // of the slider; decades on each side of where learn stood when the page was opened
let middle = 0; // the slider's middle, a logarithm
let made = ""; // the inputs that the fields were made for

/** @param {State} state */
export function showNumbers(state) {
  const box = find("#numbers", HTMLElement), list = element("dl");
  const add = (/** @type {string} */ name, /** @type {string} */ text, /** @type {string} */ kind, /** @type {number | null} */ full) =>
    list.append(element("dt", {}, name), element("dd", { class: kind, title: full === null ? "" : String(full) }, text));
  add(TEXTS.epochNumber, state.epoch.toLocaleString("en"), "epoch", null);
  if (state.row) add("", filled(TEXTS.ofRow, { row: state.row, count: state.table.count }), "row", null);
  if (state.loss.value !== null) add(state.loss.name, shown(state.loss.value), "loss", state.loss.value);
  for (const { name, value } of state.parameters) add(name, shown(value), "parameter", value);
  box.className = state.parameters.length > 4 ? "many" : "";
  if (state.parameters.length > 4) box.tabIndex = 0;
  box.replaceChildren(list, ...state.notes.map((note) => element("p", {}, `${note}.`)));
}

/** @param {State} state @param {(input: Input, typed: string) => void} put */
export function showInputs(state, put) {
  const box = find("#inputs", HTMLElement), key = JSON.stringify(state.inputs.map(({ name, cell }) => [name, cell]));
  if (key !== made) {
    made = key;
    const fields = state.inputs.map((input) => field(input, put));
    const few = fields.length > 6 ? fields.slice(0, 2) : fields, more = fields.slice(few.length);
    box.replaceChildren(...few.flat(), ...(more.length ? [element("details", {}, element("summary", {}, TEXTS.others), ...more.flat())] : []));
  }
  for (const { cell, kind, value } of state.inputs) {
    const typed = find(`#in-${cell}`, HTMLInputElement);
    if (document.activeElement !== typed && typed.getAttribute("aria-invalid") !== "true") typed.value = shown(value, 7);
    if (kind === "learn" && typeof value === "number") find("#slider", HTMLInputElement).value = String(((Math.log10(value) - middle) / SLIDER) * STEPS);
  }
}

/** @param {Input} input @param {(input: Input, typed: string) => void} put @returns {HTMLElement[]} */
function field(input, put) {
  const typed = element("input", { type: "text", id: `in-${input.cell}`, inputmode: "decimal", autocomplete: "off", "aria-describedby": `why-${input.cell}` });
  if (!(typed instanceof HTMLInputElement)) return [];
  typed.addEventListener("change", () => put(input, typed.value));
  typed.addEventListener("keydown", ({ key }) => { if (key === "Enter") typed.blur(); }); // the next key is a button's again
  typed.addEventListener("input", () => complain(input.cell, ""));
  const label = element("label", { title: input.cell }, element("span", {}, input.name), typed);
  const why = element("p", { id: `why-${input.cell}`, class: "wrong", role: "alert", hidden: true });
  if (input.kind !== "learn") return [label, why];
  middle = Math.round(Math.log10(typeof input.value === "number" && input.value > 0 ? input.value : 0.001));
  const slider = element("input", { type: "range", id: "slider", min: String(-STEPS), max: String(STEPS), step: "25", "aria-label": input.name });
  if (slider instanceof HTMLInputElement) {
    const number = () => String(Number((10 ** (middle + (Number(slider.value) / STEPS) * SLIDER)).toPrecision(2)));
    slider.addEventListener("input", () => (typed.value = number()));
    slider.addEventListener("change", () => put(input, number()));
  }
  return [label, slider, why];
}

/** Say under an input what is wrong with it; nothing for "". @param {string} cell @param {string} words */
export function complain(cell, words) {
  const why = find(`#why-${cell}`, HTMLElement);
  why.hidden = !words;
  why.textContent = words;
  const typed = find(`#in-${cell}`, HTMLInputElement);
  typed.setAttribute("aria-invalid", String(Boolean(words)));
  if (words && document.activeElement === document.body) typed.focus();
}

/** @param {State} state @param {{row: number, column: string} | null} chosen @param {(row: number, column: string) => void} choose */
export function showTable(state, chosen, choose) {
  const { columns, first, top, count } = state.table, { rows } = state, box = find("#table", HTMLElement);
  box.setAttribute("aria-label", TEXTS.table);
  const known = box.querySelector("table");
  const body = known?.tBodies[0], key = columns.map((column) => column.letters).join() + `,${top},${rows.length},${count}`;
  if (known && body && known.dataset.key === key) {
    rows.forEach((row, index) => row.forEach((value, at) => fill(body.rows[index].cells[at], value)));
  } else {
    const head = element("tr", {}, ...columns.map(({ title, letters }) => element("th", { scope: "col", title: letters }, title)));
    const lines = rows.map((row, index) =>
      element("tr", {}, ...row.map((value, at) => {
        const cell = element("td", { class: columns[at].role }, element("button", { tabindex: index ? "-1" : "0", click: () => choose(top + index, columns[at].letters) }));
        if (cell instanceof HTMLTableCellElement) fill(cell, value);
        return cell;
      })));
    const table = element("table", { "data-key": key }, element("thead", {}, head), element("tbody", {}, ...lines));
    box.replaceChildren(room(), table, room());
    const high = box.querySelector("tbody tr")?.clientHeight ?? 0;
    for (const [name, hidden] of [["before", first], ["after", count - first - rows.length]]) box.style.setProperty(`--${name}`, `${Number(hidden) * high}px`);
  }
  mark(box, state, chosen);
}

/** Room for the rows that were not sent, so that one can scroll there. */
function room() {
  return element("div", { "aria-hidden": "true" });
}

/** Ask for other rows when these are scrolled out of sight. @param {State} state @param {(first: number) => void} ask */
export function scrollTable(state, ask) {
  const box = find("#table", HTMLElement), { first, count } = state.table, { length } = state.rows;
  const high = box.querySelector("tbody tr")?.clientHeight ?? 0, top = Math.floor(box.scrollTop / (high || 1));
  const last = Math.min(count, top + Math.ceil(box.clientHeight / (high || 1)));
  if (high && asked !== top && ((top < first && first > 0) || last > first + length)) ask((asked = top) - Math.floor(length / 3));
}

let asked = -1, walked = 0; // the row that was asked for last, and the one that was walked last

/** @param {HTMLElement} box @param {State} state @param {{row: number, column: string} | null} chosen */
function mark(box, state, chosen) {
  const body = box.querySelector("tbody");
  for (const row of body?.rows ?? []) {
    const number = state.table.top + row.sectionRowIndex, now = state.row > 0 && number === state.table.top + state.row - 1 - state.table.first;
    row.classList.toggle("now", now);
    for (const cell of row.cells) {
      const is = chosen !== null && chosen.row === number && state.table.columns[cell.cellIndex].letters === chosen.column;
      cell.classList.toggle("chosen", is);
    }
    if (now && state.row !== walked) box.scrollTop = row.offsetTop - box.clientHeight / 2;
  }
  if (!state.row && walked) box.scrollTop = 0;
  walked = state.row;
}

/** @param {HTMLTableCellElement} cell @param {import("./types").Cell} value */
function fill(cell, value) {
  const button = cell.firstElementChild, text = shown(value, 7);
  if (!button || button.textContent === text) return;
  button.textContent = text;
  if (typeof value === "number") button.setAttribute("title", String(value));
}

/** Move the choice of a cell with the arrow keys. @param {KeyboardEvent} event */
export function walkTable(event) {
  const cell = event.target instanceof HTMLElement ? event.target.closest("td") : null, row = cell?.closest("tr");
  if (!cell || !row) return;
  /** @type {Record<string, Element | null | undefined>} */
  const next = {
    ArrowLeft: cell.previousElementSibling, ArrowRight: cell.nextElementSibling,
    ArrowUp: row.previousElementSibling?.children[cell.cellIndex], ArrowDown: row.nextElementSibling?.children[cell.cellIndex],
  };
  const button = next[event.key]?.firstElementChild;
  if (!(button instanceof HTMLButtonElement)) return;
  event.preventDefault();
  button.focus();
}

/** @param {Explanation | null} found */
export function showSum(found) {
  const box = find("#sum", HTMLElement);
  if (!found) return box.replaceChildren(element("span", { class: "quiet" }, TEXTS.chooseCell));
  const [title, names, numbers, result] = found.parts;
  const middle = [names, numbers].filter((part) => part && part !== result).map((part) => ` = ${part}`);
  box.replaceChildren(
    element("b", {}, title), ...new Set(middle), " = ", element("span", { class: "result" }, result),
    element("small", {}, `  ${found.cell}${found.formula ? `: =${found.formula}` : `, ${TEXTS.typed}`}`));
}
