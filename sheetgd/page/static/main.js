// The page: buttons, keys, and what is shown after each.

import { ask, follow, Refusal } from "./api.js";
import { drawFit, drawLoss, forget, remember } from "./fit.js";
import { element, find } from "./format.js";
import { drawMap, isOn } from "./map.js";
import { complain, showInputs, showNumbers, showSum, scrollTable, showTable, walkTable } from "./panel.js";
import { drawSurface, turnable } from "./surface.js";
import { filled, FIRST, TEXTS } from "./texts.js";

/** @typedef {import("./types").State} State @typedef {import("./types").Landscape} Landscape @typedef {import("./types").Explanation} Explanation */

const QUIET = 500; // milliseconds without a step before a landscape that moves with each is drawn again
const LATE = 1000; // milliseconds that Play catches up on

/** @type {State | null} */
let state = null;
/** @type {Landscape | null} */
let land = null;
/** @type {Explanation | null} */
let sum = null;
/** @type {{row: number, column: string} | null} */
let chosen = null;
let landKey = "", noLand = "", solid = false, logarithmic = false, playing = false, busy = false;
let speed = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : 10;
/** What is said above the lesson, in words, with what can be done. @type {{words: string, buttons: [string, () => void][]} | null} */
let said = null;

const buttons = {
  run: button("", "R", () => act("run"), "first"),
  epoch: button(TEXTS.epoch, "E", () => act("epoch")),
  row: button(TEXTS.row, "␣", () => act("row")),
  play: button(TEXTS.play, "P", () => (playing ? pause() : play())),
  back: button(TEXTS.back, "Z", () => act("back")),
  reset: button(TEXTS.reset, TEXTS.home, () => act("reset")),
  save: button(TEXTS.save, TEXTS.controlS, () => save()),
};

/** @param {string} text @param {string} key @param {() => void} does @param {string} [kind] */
function button(text, key, does, kind = "") {
  const made = element("button", { type: "button", class: kind }, element("span", {}, text), element("kbd", { "aria-hidden": "true" }, key));
  made.addEventListener("click", does);
  return made;
}

// -- doing -------------------------------------------------------------------------------------------------------------
/** @type {Promise<unknown>} */
let turn = Promise.resolve();

/** One thing after the other, however fast the keys are pressed. @template T @param {() => Promise<T>} does @returns {Promise<T>} */
function inTurn(does) {
  const done = turn.then(async () => {
    setBusy(true);
    return does().finally(() => setBusy(false));
  });
  turn = done;
  return done;
}

/** Let the server do it, then show the result. @param {string} action @param {object} [words] @returns {Promise<boolean>} */
function act(action, words = {}) {
  return inTurn(async () => {
    try {
      said = null;
      if (action === "reset" || action === "open") forget();
      show(await ask(action, words));
      return true;
    } catch (error) {
      say(error instanceof Refusal ? error.message : TEXTS.connection);
      return false;
    }
  });
}

/** @param {boolean} is */
function setBusy(is) {
  busy = is;
  find("#lesson", HTMLElement).setAttribute("aria-busy", String(is));
}

async function play() {
  playing = true;
  let due = performance.now();
  while (playing) {
    const pace = 1000 / speed, count = 1 + Math.max(0, Math.floor((performance.now() - due) / pace)); // those that are due
    const going = await act("epoch", { count });
    if (!going || state?.diverged) break;
    due = Math.max(due + count * pace, performance.now() - LATE);
    await new Promise((done) => setTimeout(done, Math.max(0, due - performance.now())));
  }
  pause();
}

function pause() {
  playing = false;
  if (state) show(state);
}

const save = () => inTurn(async () => {
  try {
    show(await ask("save"));
    say(TEXTS.saved);
  } catch (error) {
    const words = error instanceof Refusal ? error.message : TEXTS.connection;
    say(words, error instanceof Refusal && error.kind === "save" && state?.isFile ? [[TEXTS.copy, copy]] : []);
  }
});

const copy = () => inTurn(async () => {
  try {
    const found = await ask("copy");
    show(await ask("state"));
    say(filled(TEXTS.copied, { name: found.copy }));
  } catch (error) {
    say(error instanceof Refusal ? error.message : TEXTS.connection);
  }
});

/** @param {string} words @param {[string, () => void][]} [offers] */
function say(words, offers = []) {
  said = { words, buttons: offers };
  showTrouble();
}

/** @param {import("./types").Input} input @param {string} typed */
const put = (input, typed) => inTurn(async () => {
  try {
    show(await ask("put", { cell: input.cell, value: typed.replaceAll("\u2212", "-") }));
    complain(input.cell, "");
  } catch (error) {
    complain(input.cell, error instanceof Refusal ? error.message.replace(/^.*?: /, "") : TEXTS.connection);
  }
});

/** @param {number} row @param {string} column */
async function choose(row, column) {
  chosen = chosen && chosen.row === row && chosen.column === column ? null : { row, column };
  await explain();
  if (state) show(state);
}

async function explain() {
  const number = chosen ? [...chosen.column].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) : 0;
  try {
    sum = chosen ? await ask("explain", { row: chosen.row, column: number }) : null;
  } catch {
    sum = null; // what is wrong is said above the lesson
  }
  showSum(sum);
}

// -- showing -----------------------------------------------------------------------------------------------------------
/** @param {State | import("./types").Choice} found */
function show(found) {
  if (found.language !== TEXTS.language) return location.reload(); // another sheet, in another language
  const open = found.book !== null;
  find("#lesson", HTMLElement).hidden = !open;
  find("#choice", HTMLElement).hidden = open;
  if (found.book === null) return showChoice(found);
  if (found.trouble && found.trouble !== state?.trouble) said = null; // which is newer
  state = found;
  remember(state);
  document.title = `${state.unsaved ? "● " : ""}${state.book} – sheetgd`;
  find("#book", HTMLElement).textContent = state.book;
  const unsaved = find("#unsaved", HTMLElement);
  unsaved.hidden = !state.unsaved;
  unsaved.textContent = TEXTS.unsaved;
  showSheets(state);
  showButtons(state);
  showNumbers(state);
  showInputs(state, put);
  showTable(state, chosen, choose);
  showTrouble();
  draw();
  lookAround();
  if (chosen && !playing) explain().then(draw);
}

/** @param {State} now */
function showSheets(now) {
  const select = find("#sheet", HTMLSelectElement);
  const names = now.sheets ?? [now.sheet];
  select.hidden = names.length < 2;
  select.setAttribute("aria-label", TEXTS.sheet);
  if ([...select.options].map((option) => option.value).join("\n") !== names.join("\n")) select.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
  select.value = now.sheet;
}

/** @param {State} now */
function showButtons(now) {
  buttons.run.firstElementChild?.replaceChildren(now.run);
  buttons.play.firstElementChild?.replaceChildren(playing ? TEXTS.pause : TEXTS.play);
  buttons.play.setAttribute("aria-pressed", String(playing));
  buttons.row.hidden = now.rule === "batch";
  buttons.back.toggleAttribute("disabled", !now.canGoBack);
  buttons.save.toggleAttribute("disabled", !now.unsaved);
}

function showTrouble() {
  const box = find("#trouble", HTMLElement), diverged = state?.diverged;
  const lost = diverged && state && land && state.away.some((place) => land && !isOn(land, place));
  const words = said?.words || state?.trouble || (diverged ? `${lost ? `${TEXTS.left} ` : ""}${capital(diverged.found)}; ${diverged.todo}.` : (state?.grown ?? []).map((note) => `${capital(note)}.`).join(" "));
  /** @type {[string, () => void]} */
  const theirs = [TEXTS.theirs, () => act("reload")];
  let offers = said?.buttons ?? [];
  if (!said && state?.trouble) offers = [...(state.theirs ? [theirs] : []), [TEXTS.copy, copy]];
  box.hidden = !words;
  box.replaceChildren(element("p", {}, words), ...offers.map(([text, does]) => element("button", { type: "button", click: does }, text)),
    ...(said ? [element("button", { type: "button", click: () => { said = null; showTrouble(); } }, TEXTS.close)] : []));
}

/** @param {string} text */
function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

/** @param {import("./types").Choice} found */
function showChoice(found) {
  const open = (/** @type {string} */ name, /** @type {string} */ about, /** @type {() => void} */ does) =>
    element("li", {}, element("button", { type: "button", click: does }, element("b", {}, name), element("small", {}, about)));
  find("#book", HTMLElement).textContent = TEXTS.chooseTitle;
  buttons.save.toggleAttribute("disabled", true);
  find("#choice", HTMLElement).replaceChildren(
    element("h2", {}, filled(TEXTS.books, { folder: found.folder })),
    found.books.length ? element("ul", {}, ...found.books.map((name) => open(name, "", () => act("open", { book: name })))) : element("p", {}, TEXTS.noBooks),
    element("h2", {}, TEXTS.newLessons),
    element("ul", {}, ...found.lessons.map(({ name, about }) => open(name, about, () => act("draw", { lesson: name })))));
}

async function chooseAnother() {
  pause();
  const box = find("#ask", HTMLDialogElement), found = await ask("choice");
  const pick = (/** @type {string} */ action, /** @type {object} */ words) => { box.close(); chosen = null; act(action, words); };
  const list = element("select", { "aria-label": TEXTS.folder }, ...found.books.map((/** @type {string} */ name) => element("option", { value: name }, name)));
  const lessons = element("select", { "aria-label": TEXTS.newLessons }, ...found.lessons.map((/** @type {{name: string}} */ { name }) => element("option", { value: name }, name)));
  const value = (/** @type {HTMLElement} */ select) => (select instanceof HTMLSelectElement ? select.value : "");
  box.replaceChildren(element("h2", {}, TEXTS.chooseTitle), ...(state?.unsaved ? [element("p", {}, filled(TEXTS.hasUnsaved, { book: state.book }))] : []),
    element("p", {}, list, " ", element("button", { click: () => pick("open", { book: value(list) }) }, TEXTS.open)),
    element("p", {}, lessons, " ", element("button", { click: () => pick("draw", { lesson: value(lessons) }) }, TEXTS.newLessons)),
    element("button", { click: () => box.close() }, TEXTS.close));
  box.showModal();
}

// -- pictures ----------------------------------------------------------------------------------------------------------
let drawing = 0; // the frame that is waited for

/** Draw with the next frame, however much changes before it. */
function draw() {
  drawing ||= requestAnimationFrame(drawNow);
}

function drawNow() {
  drawing = 0;
  if (!state) return;
  drawFit(state, sum?.nudge ?? null);
  drawLoss(state, logarithmic);
  const canvas = find("#map canvas", HTMLCanvasElement), turns = solid && land?.across !== null;
  canvas.tabIndex = turns ? 0 : -1;
  const names = state.path[state.path.length - 1].map((value, index) => `${state?.axes[index]} ${value.toPrecision(5)}`).join(", ");
  canvas.setAttribute("aria-label", `${filled(TEXTS.map, { names })}${turns ? `. ${TEXTS.turn}` : ""}`);
  canvas.title = noLand || (turns ? TEXTS.turn : "");
  const isOfNow = land && [land.down, land.across].filter(Boolean).join() === state.axes.join(); // else it is on its way
  if (land && isOfNow && turns) drawSurface(canvas, state, land);
  else if (land && isOfNow) drawMap(canvas, state, land);
  showMapButtons(state);
}

/** Ask for the landscape where what it is made of has changed. */
async function lookAround() {
  if (!state) return;
  const rest = state.parameters.length > 2 && !playing ? state.epoch : 0;
  const key = JSON.stringify([state.book, state.sheet, state.axes, state.inputs.filter(({ kind }) => kind === "other"), rest]);
  const outside = land && !playing && !state.diverged && !isOn(land, state.path[state.path.length - 1]);
  if (key === landKey && !outside) return;
  landKey = key;
  if (rest && land) await new Promise((done) => setTimeout(done, QUIET));
  if (landKey !== key) return; // another step came: its landscape is enough
  try {
    land = await ask("landscape");
    noLand = "";
  } catch (error) {
    land = null;
    noLand = error instanceof Refusal ? error.message : TEXTS.noMap;
  }
  draw();
  if (!state.sheets) ask("sheets").then(show, () => {}); // which takes longer than all of the first picture
}

/** @param {State} now */
function showMapButtons(now) {
  const caption = find("#map figcaption", HTMLElement), key = JSON.stringify([now.axes, solid, now.parameters.length, noLand]);
  if (caption.dataset.key === key) return;
  caption.dataset.key = key;
  const axis = (/** @type {number} */ index) => {
    const select = element("select", { "aria-label": filled(TEXTS.axis, { number: index + 1 }) }, ...now.parameters.map(({ name }) => element("option", { value: name, selected: name === now.axes[index] }, name)));
    select.addEventListener("change", () => {
      if (!(select instanceof HTMLSelectElement)) return;
      const axes = [...now.axes];
      if (axes[1 - index] === select.value) axes[1 - index] = axes[index];
      axes[index] = select.value;
      act("axes", { axes });
    });
    return select;
  };
  const names = now.parameters.length > 2 ? [axis(0), axis(1)] : [];
  const [before, after] = TEXTS.map.split("{names}");
  const title = noLand ? [noLand] : [before, ...(names.length ? names : [now.axes.join(", ")]), after];
  const flip = element("button", { type: "button", click: () => { solid = !solid; draw(); } }, solid ? TEXTS.flat : TEXTS.turned);
  caption.replaceChildren(element("span", {}, ...title), ...(now.axes.length > 1 && !noLand ? [flip] : []));
}

// -- the beginning -----------------------------------------------------------------------------------------------------
/** Whether the space bar walks a row there, too; Enter chooses the cell. @param {EventTarget | null} target */
function isCell(target) {
  return target instanceof HTMLElement && target.closest("td") !== null && !buttons.row.hidden;
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const target = event.target instanceof HTMLElement ? event.target : document.body;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    event.preventDefault();
    if (target instanceof HTMLInputElement) target.blur(); // what is typed there is saved, too
    return void save();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input[type=text], select, dialog[open]")) return;
  if (event.key === "?") return find("#help", HTMLDialogElement).showModal();
  if (event.key === " " && target.closest("button, summary") && !isCell(target)) return;
  /** @type {Record<string, HTMLElement>} */
  const keys = { r: buttons.run, e: buttons.epoch, " ": buttons.row, p: buttons.play, z: buttons.back, Home: buttons.reset };
  const found = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!found || !state || found.hidden || (event.key === "Home" && target.closest("input[type=range]"))) return;
  event.preventDefault();
  if (!event.repeat || !busy) found.click();
}

function build() {
  const rate = element("input", { type: "range", min: "1", max: "30", value: String(speed), "aria-label": TEXTS.speed });
  const rateText = element("span", { class: "rate" }, TEXTS.rates[speed]);
  rate.addEventListener("input", () => {
    if (rate instanceof HTMLInputElement) speed = Number(rate.value);
    rateText.textContent = TEXTS.rates[speed];
  });
  const { save: saving, ...steps } = buttons;
  find("#buttons", HTMLElement).append(...Object.values(steps).slice(0, 4), element("label", {}, rate, rateText), ...Object.values(steps).slice(4));
  const root = document.documentElement;
  const theme = () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    draw();
  };
  find("#tools", HTMLElement).append(saving, element("button", { type: "button", click: () => void chooseAnother() }, TEXTS.folder),
    element("button", { type: "button", "aria-label": TEXTS.theme, title: TEXTS.theme, click: theme }, "◐"),
    element("button", { type: "button", "aria-label": TEXTS.help, title: TEXTS.help, click: () => find("#help", HTMLDialogElement).showModal() }, "?"));
  const help = find("#help", HTMLDialogElement), keys = TEXTS.keys.flatMap(([key, does]) => [element("dt", {}, element("b", {}, key)), element("dd", {}, does)]);
  help.append(element("h2", {}, TEXTS.help), element("dl", {}, ...keys), element("button", { click: () => help.close() }, TEXTS.close));
  help.setAttribute("aria-label", TEXTS.help);
  const scale = element("button", { type: "button", "aria-pressed": "false" }, TEXTS.logarithmic);
  scale.addEventListener("click", () => {
    logarithmic = !logarithmic;
    scale.setAttribute("aria-pressed", String(logarithmic));
    draw();
  });
  find("#loss figcaption", HTMLElement).append(element("span", {}, TEXTS.loss), scale);
  find("#buttons", HTMLElement).setAttribute("aria-label", TEXTS.lesson);
  find("#sheet", HTMLSelectElement).addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement) act("open", { sheet: event.target.value });
    chosen = null;
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("keyup", (event) => { if (event.key === " " && isCell(event.target)) event.preventDefault(); });
  document.addEventListener("click", ({ detail, target }) => {
    // after a click with the mouse the space bar walks a row, and does not press that button again
    const pressed = target instanceof Element && !isCell(target) ? target.closest("button, summary") : null;
    if (detail > 0 && pressed instanceof HTMLElement) pressed.blur();
  });
  find("#table", HTMLElement).addEventListener("keydown", walkTable);
  find("#table", HTMLElement).addEventListener("scroll", () => state && scrollTable(state, (first) => act("rows", { first })));
  turnable(find("#map canvas", HTMLCanvasElement), draw);
  new ResizeObserver(draw).observe(find("#lesson", HTMLElement));
  window.addEventListener("beforeunload", (event) => { if (state?.unsaved) event.preventDefault(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  showSum(null);
}

build();
if (FIRST) show(FIRST);
else act("state");
follow(async (version) => { if (version > (state?.version ?? -1) && !busy) ask("state").then(show, () => {}); }, (there) => { if (!there) say(TEXTS.connection); else if (said?.words === TEXTS.connection) { said = null; showTrouble(); } });
