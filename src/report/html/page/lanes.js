/** The lanes below and above the charts, on the same axis: faults, outages, nodes, workers. */

const signs = { killed: '✕', ended: '!', leads: '★' };
const stateWords = { starting: 'starting', up: 'up', paused: 'paused', down: 'down', ended: 'ended' };
/** A label of a fault takes about so much for each letter. */
const letterPx = 6.6;
const mostFaultRows = 5;

/**
 * A row with a label in the gutter and a track that is as wide as the charts' plots.
 * @param {string} label
 * @param {string} kind
 */
function row(label, kind) {
  const track = element('div', { class: 'track' });
  const name = element('span', { class: 'label', title: label }, label);
  return { row: element('div', { class: `row ${kind}` }, name, track), track, name };
}

/** Puts something at a window of time. @param {HTMLElement} item @param {View} view @param {number} from @param {number} to */
function place(item, view, from, to) {
  const width = view.toNs - view.fromNs;
  const left = (Math.max(from, view.fromNs) - view.fromNs) / width;
  const right = (Math.min(to, view.toNs) - view.fromNs) / width;
  item.hidden = right < 0 || left > 1 || to < view.fromNs;
  item.style.left = `${left * 100}%`;
  item.style.width = `${Math.max(0, right - left) * 100}%`;
}

class Lanes {
  /** @param {HTMLElement} above @param {HTMLElement} below @param {PageData} data @param {View} view */
  constructor(above, below, data, view) {
    this.above = above;
    this.below = below;
    this.data = data;
    this.view = view;
  }

  refresh() {
    const { faults, outages, moreBands, lanes, moreLanes } = this.data;
    this.above.replaceChildren(
      ...this.#bandRows('faults', 'fault', faults),
      ...this.#bandRows('store', 'outage', outages),
    );
    this.below.replaceChildren(...lanes.map((lane) => this.#lane(lane)));
    if (moreBands > 0) this.above.append(element('p', { class: 'hint' }, `${moreBands} more windows are not drawn.`));
    if (moreLanes > 0) this.below.append(element('p', { class: 'hint' }, `${moreLanes} more lanes are not drawn.`));
  }

  /**
   * Windows with their names. One that would lie over the name before it goes into the next row.
   * @param {string} label
   * @param {string} kind
   * @param {readonly Band[]} bands
   */
  #bandRows(label, kind, bands) {
    /** @type {{ row: HTMLElement, track: HTMLElement, end: number }[]} */
    const rows = [];
    for (const band of bands) {
      const { from, to, id, name, text } = band;
      const end = to ?? this.data.endNs;
      const chip = element('button', { type: 'button', class: `band ${kind}`, title: text });
      chip.append(element('span', {}, kind === 'outage' ? name : `${id} ${name}`));
      chip.setAttribute('aria-label', `${id} ${name}: show this time. ${text}`);
      chip.addEventListener('click', () => this.view.around(from, end));
      const startPx = ((from - this.view.fromNs) / (this.view.toNs - this.view.fromNs)) * this.view.trackPx;
      const endPx = Math.max(
        (chip.textContent ?? '').length * letterPx + 10,
        ((end - from) / (this.view.toNs - this.view.fromNs)) * this.view.trackPx,
      );
      let home = rows.find((each) => each.end <= startPx);
      if (home === undefined) {
        if (rows.length === mostFaultRows) home = /** @type {typeof rows[number]} */ (rows.at(-1));
        else {
          home = { ...row(rows.length === 0 ? label : '', 'bands'), end: 0 };
          rows.push(home);
        }
      }
      home.end = startPx + endPx;
      place(chip, this.view, from, end);
      if (startPx + (chip.textContent ?? '').length * letterPx > this.view.trackPx) chip.classList.add('leftward');
      home.track.append(chip);
    }
    return rows.map((each) => each.row);
  }

  /** @param {Lane} lane */
  #lane({ kind, id, spans, marks }) {
    const made = row(id, `lane ${kind}`);
    for (const { from, taken, to } of this.data.faults) {
      const shade = element('i', { class: 'shade' });
      place(shade, this.view, taken ?? from, to ?? this.data.endNs);
      made.track.append(shade);
    }
    for (const { state, from, to } of spans) {
      const end = to ?? this.data.endNs;
      const text = `${id} ${stateWords[state]} from ${secondsText(from)} to ${to === null ? 'the end' : secondsText(to)}`;
      const bar = element('i', { class: `span ${state}`, title: text });
      place(bar, this.view, from, end);
      const px = ((end - from) / (this.view.toNs - this.view.fromNs)) * this.view.trackPx;
      if ((state === 'paused' || state === 'down') && px > 46) bar.append(element('span', {}, stateWords[state]));
      made.track.append(bar);
    }
    for (const { at, sign, text } of marks) {
      const mark = element('b', { class: `mark ${sign}`, title: `${text} at ${secondsText(at)}` }, signs[sign]);
      place(mark, this.view, at, at);
      made.track.append(mark);
    }
    const told = [
      ...spans.map(({ state, from }) => `${stateWords[state]} from ${secondsText(from)}`),
      ...marks.map(({ text, at }) => `${text} at ${secondsText(at)}`),
    ];
    made.track.setAttribute('role', 'img');
    made.track.setAttribute('aria-label', `${id}: ${told.join(', ')}`);
    return made.row;
  }
}
