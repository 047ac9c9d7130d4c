/** The charts: panels with one time axis, over which windows of faults and outages lie as bands. */

/** So many pixels at least for a step of a chart: bins are taken together until they are as wide. */
const stepPx = 4;
const rightPx = 22;

class Charts {
  /** @type {{ panel: Panel, plot: uPlot, figure: HTMLElement }[]} */
  #drawn = [];
  #at = -1;

  /**
   * @param {HTMLElement} home
   * @param {PageData & { timeline: Timeline }} data
   * @param {View} view
   * @param {(text: string) => void} read is told what is under the cursor
   */
  constructor(home, data, view, read) {
    this.home = home;
    this.data = data;
    this.view = view;
    this.read = read;
    const panels = panelsOf(data.timeline);
    for (const panel of panels) this.#draw(panel, panel === panels.at(-1));
  }

  /** Draws again: sizes, colours or the view are other ones. */
  refresh() {
    const { view } = this;
    for (const { panel, plot } of this.#drawn) {
      plot.batch(() => {
        plot.setSize({ width: view.widthPx, height: panel.height });
        plot.setData(this.#columns(panel), false);
        plot.setScale('x', { min: view.fromNs / 1e9, max: view.toNs / 1e9 });
      });
      plot.redraw(true, false);
    }
  }

  /** Puts the cursor of all charts at a time; nowhere if it is undefined. @param {number | undefined} ns */
  point(ns) {
    const [first] = this.#drawn;
    if (first === undefined) return;
    const left = ns === undefined ? -10 : first.plot.valToPos(ns / 1e9, 'x');
    for (const { plot } of this.#drawn) plot.setCursor({ left, top: ns === undefined ? -10 : 0 }, false);
    this.#tell(ns);
  }

  /** How many bins make one step of a chart. */
  #together() {
    const bins = (this.view.toNs - this.view.fromNs) / this.data.timeline.widthNs;
    const steps = Math.max(1, (this.view.widthPx - this.view.gutterPx) / stepPx);
    return 2 ** Math.max(0, Math.ceil(Math.log2(bins / steps)));
  }

  /** @param {Panel} panel @returns {uPlot.AlignedData} */
  #columns(panel) {
    const { bins, widthNs } = this.data.timeline;
    const together = this.#together();
    const steps = Math.ceil(bins / together);
    // one time more than steps, where the last of them ends
    const times = Array.from({ length: steps + 1 }, (_, step) => (Math.min(bins, step * together) * widthNs) / 1e9);
    const columns = panel.series.map(({ name, values }) =>
      times.map((_, step) => valueAt(panel.as, name, values, Math.min(step, steps - 1) * together, together, widthNs)),
    );
    return /** @type {uPlot.AlignedData} */ ([times, ...columns]);
  }

  /** @param {Panel} panel @param {boolean} last has the labels of the common axis */
  #draw(panel, last) {
    const caption = element('figcaption', {}, element('h3', {}, panel.title, element('small', {}, panel.note ?? '')));
    for (const { name, label, color, values, kind } of panel.series) {
      const total = panel.as === 'rate' ? String(sumOf(/** @type {number[]} */ (values))) : '';
      const value = element('b', { 'data-series': name }, total);
      const sign = element('i', { class: `sign ${kind} ${color}`, 'aria-hidden': 'true' });
      caption.append(element('span', { class: 'key' }, sign, ` ${label} `, value, element('em', { 'data-now': name })));
    }
    const figure = element('figure', { class: 'panel' }, caption);
    this.home.append(figure);
    const plot = new uPlot(this.#options(panel, last), this.#columns(panel), figure);
    plot.root.setAttribute('aria-hidden', 'true'); // what it shows is told by the cursor's reading
    this.#drawn.push({ panel, plot, figure });
  }

  /** @param {Panel} panel @param {boolean} last @returns {uPlot.Options} */
  #options(panel, last) {
    const { view } = this;
    const axis = { stroke: () => colorOf('quiet'), font: '11px system-ui, sans-serif' };
    const lines = { stroke: () => colorOf('line'), width: 1 };
    return {
      width: view.widthPx,
      height: panel.height,
      padding: [8, rightPx, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: 'run' }, drag: { x: true, y: false }, points: { show: false } },
      scales: {
        x: { time: false, min: view.fromNs / 1e9, max: view.toNs / 1e9 },
        y: panel.as === 'latency' ? { distr: 3 } : { range: (_, __, max) => [0, Math.max(1, max * 1.08)] },
      },
      axes: [
        {
          ...axis,
          grid: lines,
          ticks: lines,
          ...(last ? { size: 26, values: inSeconds } : { size: 4, values: () => [] }),
        },
        {
          ...axis,
          grid: { ...lines, ...(panel.as === 'latency' ? { filter: powersOfTen } : {}) },
          ticks: { show: false },
          size: () => view.gutterPx,
          values: (_, at) => at.map((each) => (each === null ? '' : axisText(panel.as, each))),
          space: 28,
        },
      ],
      series: [{}, ...panel.series.map((series) => this.#seriesOptions(series))],
      hooks: {
        drawClear: [(plot) => this.#bands(plot)],
        setCursor: [(plot) => this.#moved(plot)],
        setScale: [(plot, key) => this.#zoomed(plot, key)],
      },
    };
  }

  /** @param {Series} series @returns {uPlot.Series} */
  #seriesOptions({ color, kind, values }) {
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    return {
      stroke: () => colorOf(color),
      width: kind === 'thin' ? 1 : 1.75,
      ...(kind === 'thin' ? { dash: [2, 3] } : {}),
      ...(kind === 'area' ? { fill: () => colorOf(`${color}-area`) } : {}),
      ...(stepped === undefined ? {} : { paths: stepped }),
      points: { show: false },
      show: values.some((value) => value !== null && value > 0),
    };
  }

  /** Windows of faults and outages: pale until a fault has taken hold, then darker, with a line where it ends. @param {uPlot} plot */
  #bands(plot) {
    const { ctx, bbox } = plot;
    const x = (/** @type {number} */ ns) => plot.valToPos(ns / 1e9, 'x', true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    const { faults, outages, endNs } = this.data;
    for (const [color, bands] of /** @type {const} */ ([
      ['outage', outages],
      ['fault', faults],
    ])) {
      for (const { from, taken, to } of bands) {
        const end = to ?? endNs;
        fillBand(ctx, bbox, x(from), x(taken ?? end), colorOf(`${color}-pale`));
        fillBand(ctx, bbox, x(taken ?? end), x(end), colorOf(color));
        ctx.fillStyle = colorOf(`${color}-edge`);
        for (const edge of [from, ...(to === null ? [] : [to])]) ctx.fillRect(x(edge) - 0.5, bbox.top, 1, bbox.height);
      }
    }
    ctx.restore();
  }

  /** @param {uPlot} plot */
  #moved(plot) {
    const { left, event } = plot.cursor;
    if (!event) return; // moved by us, or by the chart under the pointer
    const inside = left !== undefined && left >= 0;
    this.#tell(inside ? plot.posToVal(left, 'x') * 1e9 : undefined);
  }

  /** @param {uPlot} plot @param {string} key */
  #zoomed(plot, key) {
    if (key !== 'x') return;
    const { min, max } = /** @type {uPlot.Scale} */ (plot.scales.x);
    if (min === undefined || max === undefined || min === null || max === null) return;
    queueMicrotask(() => this.view.set(min * 1e9, max * 1e9)); // the chart has to finish its drawing first
  }

  /** Shows the values at a time, or none. @param {number | undefined} ns */
  #tell(ns) {
    const { bins, widthNs } = this.data.timeline;
    const bin = ns === undefined ? -1 : Math.floor(ns / widthNs);
    if (bin === this.#at) return;
    this.#at = bin;
    const inside = bin >= 0 && bin < bins;
    for (const { panel, figure } of this.#drawn) {
      const together = this.#together();
      const first = Math.floor(bin / together) * together;
      for (const { name, values } of panel.series) {
        const now = /** @type {HTMLElement} */ (figure.querySelector(`[data-now="${name}"]`));
        const value = inside ? valueAt(panel.as, name, values, first, together, widthNs) : null;
        now.textContent = value === null ? '' : nowText(panel.as, value);
      }
    }
    this.read(inside ? this.#reading(bin * widthNs) : '');
  }

  /** In a sentence, for who does not see the charts. @param {number} ns */
  #reading(ns) {
    const { faults, outages } = this.data;
    const over = [...faults, ...outages].filter(({ from, to }) => from <= ns && (to === null || to >= ns));
    const now = [...this.home.querySelectorAll('.key')].flatMap((key) => {
      const value = key.querySelector('em')?.textContent ?? '';
      return value === '' ? [] : [`${key.childNodes[1]?.textContent?.trim()} ${value}`];
    });
    const during = over.length === 0 ? [] : [`during ${over.map(({ id, name }) => `${id} ${name}`).join(', ')}`];
    return [secondsText(ns), ...now, ...during].join(' · ');
  }
}

/** @param {uPlot} _ @param {number[]} at */
function powersOfTen(_, at) {
  return at.map((each) => (Number.isInteger(Math.log10(each)) ? each : null));
}

/** @param {uPlot} _ @param {number[]} at */
function inSeconds(_, at) {
  return at.map((each) => `${each} s`);
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {uPlot.BBox} box
 * @param {number} from
 * @param {number} to
 * @param {string} color
 */
function fillBand(ctx, { top, height }, from, to, color) {
  ctx.fillStyle = color;
  ctx.fillRect(from, top, Math.max(1, to - from), height);
}
