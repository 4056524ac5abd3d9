// Every text of the page, in its language; they stand in page/texts.py.

/** @typedef {import("./types").Texts} Texts */

const answer = await fetch("api/start"); // which index.html has begun to load
const start = await answer.json();
/** @type {Texts} */
export const TEXTS = start.texts;
/** What the page shows first; null where it cannot be told. @type {any} */
export const FIRST = start.state;
document.documentElement.lang = TEXTS.language;

/** A text with what belongs into its braces. @param {string} text @param {Record<string, string | number>} values */
export function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}
