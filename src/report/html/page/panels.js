/** What the charts show: series of the timeline, and what a step of one is worth. */

/** @typedef {{ name: string, label: string, color: string, values: readonly (number | null)[], kind: 'area' | 'line' | 'thin' }} Series */
/** @typedef {{ title: string, note?: string, height: number, series: Series[], as: 'rate' | 'level' | 'latency' }} Panel */

/** What there is to draw. @param {Timeline} timeline @returns {Panel[]} */
function panelsOf({ messages, attempts, deliveries, latency }) {
  /** @type {(name: string, label: string, color: string, values: readonly (number | null)[], kind: Series['kind']) => Series} */
  const series = (name, label, color, values, kind) => ({ name, label, color, values, kind });
  const troubled = [
    series('unknownAttempts', 'attempts without an answer', 'unknown', attempts.unknown, 'area'),
    series('rejectedAttempts', 'rejected attempts', 'rejected', attempts.rejected, 'line'),
    series('degradedAttempts', 'degraded attempts', 'degraded', attempts.degraded, 'line'),
    series('unknown', 'messages unknown in the end', 'unknown', messages.unknown, 'thin'),
  ].filter(({ values, name }) => name === 'unknown' || sumOf(/** @type {number[]} */ (values)) > 0);
  /** @type {Panel[]} */
  const panels = [
    {
      title: 'Acked, a second',
      height: 140,
      as: 'rate',
      series: [
        series('acked', 'acked', 'acked', messages.acked, 'area'),
        ...(sumOf(attempts.sent) > 0 ? [series('sent', 'oneway sends', 'rejected', attempts.sent, 'line')] : []),
      ],
    },
    {
      // a scale of its own: what the drain delivers at once would press the acks flat
      title: 'Received, a second',
      height: 110,
      as: 'rate',
      series: [series('received', 'received', 'received', deliveries.received, 'line')],
    },
    { title: 'Not acked, a second', height: 100, as: 'rate', series: troubled },
    {
      title: 'Attempts in flight',
      height: 90,
      as: 'level',
      series: [series('inFlight', 'in flight', 'acked', attempts.inFlight, 'area')],
    },
    {
      title: 'Latency',
      note: ' of each step the middle p50 and the highest p99',
      height: 170,
      as: 'latency',
      series: [
        series('ackP50', 'ack p50', 'acked', latency.ack.p50Us, 'line'),
        series('ackP99', 'ack p99', 'acked', latency.ack.p99Us, 'thin'),
        series('endP50', 'end to end p50', 'received', latency.endToEnd.p50Us, 'line'),
        series('endP99', 'end to end p99', 'received', latency.endToEnd.p99Us, 'thin'),
      ],
    },
  ];
  const hasAny = (/** @type {Series} */ { values }) => values.some((value) => value !== null && value > 0);
  return panels
    .filter((panel) => panel.series.some(hasAny))
    .map((panel) => (panel.as === 'rate' ? panel : { ...panel, series: panel.series.filter(hasAny) }));
}

/**
 * The value of so many bins from one on. Percentiles of several bins cannot be told from theirs: of p50 it is the middle
 * one, of p99 the highest.
 * @param {Panel['as']} as
 * @param {string} name
 * @param {readonly (number | null)[]} values
 * @param {number} first
 * @param {number} together
 * @param {number} widthNs
 */
function valueAt(as, name, values, first, together, widthNs) {
  const some = values.slice(first, first + together).filter((value) => value !== null);
  if (as === 'latency') {
    if (some.length === 0) return null;
    const sorted = some.toSorted((a, b) => a - b);
    return sorted[name.endsWith('P50') ? sorted.length >> 1 : sorted.length - 1] ?? null;
  }
  if (as === 'level') return Math.max(0, ...some);
  return sumOf(some) / ((some.length * widthNs) / 1e9);
}

/** @param {Panel['as']} as @param {number} value */
function nowText(as, value) {
  if (as === 'latency') return latencyText(value);
  return as === 'rate' ? `${rateText(value)}/s` : String(value);
}

/** @param {Panel['as']} as @param {number} value */
function axisText(as, value) {
  if (as === 'latency') return latencyText(value).replace('.0 ', ' ');
  return value >= 10_000 ? `${value / 1000}k` : String(value);
}
