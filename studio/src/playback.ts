/** What the diagram shows of a run at a moment; boxes and edges listen, so that playing does not render the page. */

import { useSyncExternalStore } from "react";
import type { SeriesOf } from "./live";

export interface Moment {
  /** Values by metric at the moment. */
  at: (metric: string) => number | null;
  time: number;
}

let now: Moment | null = null;
const listeners = new Set<() => void>();

export function moment(series: SeriesOf, time: number): Moment {
  return {
    time,
    at: (metric) => {
      const one = series[metric];
      if (!one || !one.values.length) return null;
      const i = Math.min(one.values.length - 1, Math.max(0, Math.floor((time - one.start) / one.step + 1e-6)));
      return one.values[i] ?? null;
    },
  };
}

/** First and last time of the series of a case, s. */
export function span(series: SeriesOf): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (const one of Object.values(series)) {
    if (!one.values.length) continue;
    low = Math.min(low, one.start);
    high = Math.max(high, one.start + one.step * one.values.length);
  }
  return high > low ? [low, high] : null;
}

export function showMoment(next: Moment | null): void {
  if (next === now) return;
  now = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A value at the moment that the diagram shows; undefined when it shows none. */
export function useAtMoment<T>(pick: (moment: Moment) => T): T | undefined {
  return useSyncExternalStore(subscribe, () => (now ? pick(now) : undefined));
}
