/** Numbers and elements. */

/** @param {number} ns since the run's base */
function secondsText(ns) {
  return `${(ns / 1e9).toFixed(2)} s`;
}

/** @param {number} value */
function rateText(value) {
  return value >= 100 || value === 0 ? String(Math.round(value)) : value.toPrecision(2);
}

/** @param {number} us */
function latencyText(us) {
  if (us < 10_000) return `${(us / 1000).toFixed(1)} ms`;
  return us < 10_000_000 ? `${Math.round(us / 1000)} ms` : `${(us / 1e6).toFixed(1)} s`;
}

/** @param {readonly number[]} values */
function sumOf(values) {
  return values.reduce((sum, value) => sum + value, 0);
}

/**
 * @param {string} name of the element
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} content
 */
function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}
