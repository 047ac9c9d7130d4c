/** Findings on the axis: a row for each class, and in it pins that lead to the affected messages. */

/** Of classes that are allowed, by their order: told apart without colours. Those that are not have a cross. */
const shapes = ['●', '◆', '▲', '■', '▼', '○', '◇', '△', '□', '▽'];
/** Pins that are closer than this are one. */
const apartPx = 22;

class Pins {
  /** @param {HTMLElement} home @param {PageData} data @param {View} view */
  constructor(home, data, view) {
    this.home = home;
    this.data = data;
    this.view = view;
  }

  refresh() {
    const rows = this.data.pins.map((pins, at) => this.#row(pins, shapes[at % shapes.length] ?? '●'));
    this.home.replaceChildren(...rows);
  }

  /** @param {PinRow} pins @param {string} shape */
  #row({ class: name, count, allowed, instants }, shape) {
    const made = row('', `pins ${allowed ? 'allowed' : 'forbidden'}`);
    made.name.append(element('a', { href: `#class-${name}` }, name), ` ${count}`);
    made.name.title = `${name} ${count}`;
    made.name.querySelector('a')?.addEventListener('click', (event) => {
      event.preventDefault();
      leadTo(name, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    });
    for (const [from, to, size] of this.#clusters(instants)) {
      const several = size > 1 ? `${size} of the messages on this page, ${secondsText(from)} to ` : '';
      const pin = element('button', { type: 'button', class: 'pin' }, allowed ? shape : '✗');
      pin.setAttribute('aria-label', `${name}: ${several}${secondsText(to)}`);
      pin.title = `${name}: ${several}${secondsText(to)}`;
      pin.addEventListener('click', () => leadTo(name, from, to));
      place(pin, this.view, (from + to) / 2, (from + to) / 2);
      pin.style.width = '';
      made.track.append(pin);
    }
    return made.row;
  }

  /** Neighbours together: from, to, how many. @param {readonly number[]} instants @returns {[number, number, number][]} */
  #clusters(instants) {
    const apartNs = (apartPx / this.view.trackPx) * (this.view.toNs - this.view.fromNs);
    /** @type {[number, number, number][]} */
    const clusters = [];
    for (const at of [...instants].sort((a, b) => a - b)) {
      if (at < this.view.fromNs || at > this.view.toNs) continue;
      const last = clusters.at(-1);
      if (last !== undefined && at - last[0] < apartNs) {
        last[1] = at;
        last[2] += 1;
      } else clusters.push([at, at, 1]);
    }
    return clusters;
  }
}

/**
 * Opens the messages of a class, and marks those of a window of time.
 * @param {string} name
 * @param {number} from
 * @param {number} to
 */
function leadTo(name, from, to) {
  const details = document.getElementById(`class-${name}`);
  if (!(details instanceof HTMLDetailsElement)) return;
  details.open = true;
  for (const marked of document.querySelectorAll('tr.meant')) marked.classList.remove('meant');
  const rows = [...details.querySelectorAll('tbody tr')].filter((each) => {
    const at = Number(each.querySelector('data')?.value);
    return at >= from && at <= to;
  });
  if (Number.isFinite(from)) for (const each of rows) each.classList.add('meant');
  const target = Number.isFinite(from) ? rows[0] : undefined;
  (target ?? details).scrollIntoView({ block: target === undefined ? 'start' : 'center' });
  details.querySelector('summary')?.focus({ preventScroll: true });
}
