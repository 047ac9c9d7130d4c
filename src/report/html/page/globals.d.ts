/** What the files of this folder share: they are one script, and the library is one before it. */
import type UPlot from 'uplot';
import type { PageData as Data } from '../data.ts';
import type { Lane as DataLane } from '../lanes.ts';

declare global {
  type PageData = Data;
  type Timeline = NonNullable<Data['timeline']>;
  type Band = Data['faults'][number];
  type PinRow = Data['pins'][number];
  type Lane = DataLane;

  const uPlot: typeof UPlot;
  type uPlot = UPlot;
  namespace uPlot {
    type Options = UPlot.Options;
    type Series = UPlot.Series;
    type Scale = UPlot.Scale;
    type BBox = UPlot.BBox;
    type AlignedData = UPlot.AlignedData;
  }
}
