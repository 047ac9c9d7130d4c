/** Puts the parts together: one view of time, which all of them draw. */

/** What part of the run is shown, and how wide. */
class View {
  widthPx = 0;
  gutterPx = 0;

  /** @param {number} endNs @param {() => void} onChange */
  constructor(endNs, onChange) {
    this.endNs = endNs;
    this.fromNs = 0;
    this.toNs = endNs;
    this.onChange = onChange;
  }

  get trackPx() {
    return this.widthPx - this.gutterPx - rightPx;
  }

  /** Charts say what they show whenever they draw: less than a microsecond is no change. @param {number} fromNs @param {number} toNs */
  set(fromNs, toNs) {
    const from = Math.max(0, fromNs);
    const to = Math.min(this.endNs, toNs);
    if (to <= from || (Math.abs(from - this.fromNs) < 1000 && Math.abs(to - this.toNs) < 1000)) return;
    this.fromNs = from;
    this.toNs = to;
    this.onChange();
  }

  /** A window of time, with as much again on both sides. @param {number} from @param {number} to */
  around(from, to) {
    const margin = Math.max(to - from, 2e8);
    this.set(from - margin, to + margin);
  }

  /** @param {number} factor */
  zoom(factor) {
    const middle = (this.fromNs + this.toNs) / 2;
    const half = Math.max(1e6, ((this.toNs - this.fromNs) / 2) * factor);
    this.set(middle - half, middle + half);
  }
}

/** @param {HTMLElement} home @param {PageData & { timeline: Timeline }} data */
function drawTimeline(home, data) {
  const above = element('div', { class: 'rows above' });
  const panels = element('div', { class: 'panels' });
  const below = element('div', { class: 'rows below' });
  const pins = element('div', { class: 'rows findings' });
  const whole = element('button', { type: 'button', class: 'whole' }, 'show the whole run');
  document.querySelector('#timeline .hint')?.append(' ', whole);
  home.append(above, panels, pins, below);
  const reading = /** @type {HTMLElement} */ (document.querySelector('#reading'));
  /** @type {{ refresh(): void }[]} */
  const parts = [];
  const view = new View(data.endNs, () => {
    whole.classList.toggle('idle', view.fromNs === 0 && view.toNs === view.endNs);
    for (const part of parts) part.refresh();
  });
  measure(home, view);
  const charts = new Charts(panels, data, view, (text) => {
    reading.textContent = text;
  });
  parts.push(charts, new Lanes(above, below, data, view), new Pins(pins, data, view));
  view.onChange();
  whole.addEventListener('click', () => view.set(0, view.endNs));
  for (const plot of panels.querySelectorAll('.u-over')) {
    plot.addEventListener('dblclick', () => view.set(0, view.endNs));
    plot.addEventListener('mouseleave', () => charts.point(undefined));
  }
  new ResizeObserver(() => {
    if (measure(home, view)) view.onChange();
  }).observe(home);
  useKeys(home, view, charts, data.timeline.widthNs);
  return view;
}

/** Whether the width is another one. @param {HTMLElement} home @param {View} view */
function measure(home, view) {
  const widthPx = home.clientWidth;
  if (widthPx === view.widthPx) return false;
  view.widthPx = widthPx;
  view.gutterPx = widthPx < 600 ? 52 : 184;
  home.style.setProperty('--gutter', `${view.gutterPx}px`);
  home.style.setProperty('--right', `${rightPx}px`);
  return true;
}

/** @param {HTMLElement} home @param {View} view @param {Charts} charts @param {number} widthNs */
function useKeys(home, view, charts, widthNs) {
  let at = -1;
  home.addEventListener('keydown', (event) => {
    if (event.target !== home || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = Math.max(widthNs, (view.toNs - view.fromNs) / 100);
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      const next = at < 0 ? (view.fromNs + view.toNs) / 2 : at + (event.key === 'ArrowLeft' ? -step : step);
      at = Math.min(view.toNs, Math.max(view.fromNs, next));
      charts.point(at);
    } else if (event.key === '+') view.zoom(0.5);
    else if (event.key === '-') view.zoom(2);
    else if (event.key === '0') view.set(0, view.endNs);
    else if (event.key === 'Escape') {
      at = -1;
      charts.point(undefined);
    } else return;
    event.preventDefault();
  });
}

/** A link into the page may name what is folded. */
function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named instanceof HTMLDetailsElement) named.open = true;
}

const data = /** @type {PageData} */ (JSON.parse(document.getElementById('data')?.textContent ?? 'null'));
const charts = document.getElementById('charts');
/** @type {View | undefined} */
let view;
startTheme(() => view?.onChange());
if (charts !== null && data.timeline !== null) {
  view = drawTimeline(charts, /** @type {PageData & { timeline: Timeline }} */ (data));
}
addEventListener('hashchange', openNamed);
openNamed();
