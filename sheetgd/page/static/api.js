// Asking the server.

import { FIRST, TEXTS } from "./texts.js";

/** An answer that says in words what is wrong. */
export class Refusal extends Error {
  /** @param {string} words @param {string} kind */
  constructor(words, kind) {
    super(words);
    this.kind = kind;
  }
}

/** What the server last told of all that there is to see. @type {any} */
let known = FIRST;

/**
 * Let the server do something.
 * @param {string} action
 * @param {object} [words]
 * @returns {Promise<any>}
 */
export async function ask(action, words = {}) {
  const body = JSON.stringify(known ? { ...words, since: known.version } : words);
  const answer = await fetch(`api/${action}`, { method: "POST", body }).catch(() => null);
  if (!answer) throw new Refusal(TEXTS.connection, "");
  if (answer.status === 403) throw new Refusal(await answer.text(), "");
  const found = await answer.json();
  if (!answer.ok) throw new Refusal(found.error, found.kind);
  if (!("since" in found) && !("version" in found)) return found;
  const next = "since" in found ? (known?.version === found.since ? brought(known, found) : null) : found;
  if (next && !(known?.version > next.version)) known = next; // else a later answer was faster
  return known;
}

/** What was known, with the news. @param {any} before @param {{changed: object, grown: Record<string, unknown[]>}} news */
function brought(before, news) {
  const longer = Object.entries(news.grown).map(([key, more]) => [key, [...before[key], ...more]]);
  return { ...before, ...news.changed, ...Object.fromEntries(longer) };
}

/**
 * Be told of each new version of what there is to see.
 * @param {(version: number) => void} changed
 * @param {(there: boolean) => void} connected
 */
export function follow(changed, connected) {
  const events = new EventSource("api/events");
  events.onmessage = (event) => changed(Number(event.data));
  events.onopen = () => connected(true);
  events.onerror = () => connected(false);
}
