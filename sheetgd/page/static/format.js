// Numbers and elements.

/**
 * A number with so many digits, as the sheet's readers write it.
 * @param {import("./types").Cell} value
 * @param {number} [digits]
 */
export function shown(value, digits = 6) {
  if (value === null) return "";
  if (typeof value !== "number") return value === true ? "TRUE" : value === false ? "FALSE" : value;
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-5 || size >= 1e9) ? Number(value.toPrecision(digits - 1)).toExponential() : String(Number(value.toPrecision(digits)));
  return text.replace(/-/g, "\u2212");
}

/**
 * An element with attributes and children; a function is what a click does.
 * @param {string} tag
 * @param {Record<string, string | boolean | (() => void)>} [attributes]
 * @param {(Node | string)[]} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (typeof value === "boolean") made.toggleAttribute(name, value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** @template {Element} T @param {string} selector @param {new () => T} kind @returns {T} */
export function find(selector, kind) {
  const found = document.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`no ${selector}`);
  return found;
}
