/** How a measure of the matrix is shown on a product, where that differs from the pair of profiles that everybody has. */
export interface MeasureHere {
  readonly title?: string;
  readonly fault?: string;
  /** Bundled profiles by half, in the order in which they are run. */
  readonly profiles?: readonly (readonly ['on' | 'async' | 'off', string])[];
  /** How many brokers it takes. Absent: one. */
  readonly brokers?: number;
  /** Why it cannot be shown here. */
  readonly missing?: string;
}
