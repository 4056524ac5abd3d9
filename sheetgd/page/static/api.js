// Asking the server.

import { TEXTS } from "./texts.js";

/** An answer that says in words what is wrong. */
export class Refusal extends Error {
  /** @param {string} words @param {string} kind */
  constructor(words, kind) {
    super(words);
    this.kind = kind;
  }
}

/**
 * Let the server do something.
 * @param {string} action
 * @param {object} [words]
 * @returns {Promise<any>}
 */
export async function ask(action, words = {}) {
  const answer = await fetch(`api/${action}`, { method: "POST", body: JSON.stringify(words) }).catch(() => null);
  if (!answer) throw new Refusal(TEXTS.connection, "");
  if (answer.status === 403) throw new Refusal(await answer.text(), "");
  const found = await answer.json();
  if (!answer.ok) throw new Refusal(found.error, found.kind);
  return found;
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
