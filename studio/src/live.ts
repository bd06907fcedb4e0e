/** A run as it comes in: kept outside of React, told to who shows it once a frame at most. */

import { useSyncExternalStore } from "react";
import { api } from "./api";
import { follow } from "./sse";
import { set } from "./store";
import type { CaseResult, CheckResult, CompareResult, FaultWindow, Progress, RunDetail, RunMeta, ScaleResult, Series } from "./types";

export type SeriesOf = Record<string, Series>;

const UNITS: [RegExp, string][] = [
  [/\.(utilisation|hit_ratio|hottest_shard|connections|availability)$/, "ratio"],
  [/\.(queue|lag|in_service|replicas)$/, "count"],
  [/\.(rate|goodput|errors|retries|shed|timeouts|rejected)$/, "1/s"],
  [/\.(p\d+|mean|max|wait)$/, "s"],
];

/** The unit of a series that comes without one. */
export function unitOf(metric: string): string {
  return UNITS.find(([pattern]) => pattern.test(metric))?.[1] ?? "count";
}

export interface Piece {
  case: string;
  /** Index of the first interval that is told. */
  from: number;
  /** When that begins, s. */
  start: number;
  step: number;
  values: Record<string, (number | null)[]>;
  units?: Record<string, string>;
}

/** Puts new values in place of what there was from their index on; a piece that comes twice changes nothing. */
export function extend(of: SeriesOf, piece: Piece): void {
  const { from, step } = piece;
  const start = piece.start - from * step;
  for (const [metric, values] of Object.entries(piece.values)) {
    let series = of[metric];
    if (!series || Math.abs(series.step - step) > 1e-9 * step || Math.abs(series.start - start) > step / 2) {
      series = of[metric] = { start, step, unit: piece.units?.[metric] ?? series?.unit ?? unitOf(metric), values: [] };
    }
    while (series.values.length < from) series.values.push(null);
    series.values.length = from;
    for (const value of values) series.values.push(value);
  }
}

export class LiveRun {
  readonly id: string;
  meta: RunMeta | null = null;
  text: string | null = null;
  series: Record<string, SeriesOf> = {};
  /** Of a comparison: the series of the first design and of the second. */
  sides: [Record<string, SeriesOf>, Record<string, SeriesOf>] = [{}, {}];
  faults: Record<string, FaultWindow[]> = {};
  progress: Record<string, Progress> = {};
  cases: CaseResult[] = [];
  result: RunDetail["result"] = null;
  error: RunDetail["error"] = null;
  /** What goes on, where that is not in a case. */
  note: string | null = null;
  gone = false;
  loaded = false;
  version = 0;
  private listeners = new Set<() => void>();
  private frame = 0;
  private stop: (() => void) | null = null;

  constructor(id: string) {
    this.id = id;
  }

  open(): void {
    void this.load().catch(() => undefined);
    this.stop = follow(`/api/runs/${encodeURIComponent(this.id)}/events`, {
      onEvent: (event, data) => this.take(event, data as never),
      onGone: () => {
        this.gone = true;
        this.changed();
      },
    });
  }

  close(): void {
    this.stop?.();
    this.stop = null;
    cancelAnimationFrame(this.frame);
  }

  get over(): boolean {
    return this.gone || (this.meta !== null && !["queued", "running"].includes(this.meta.state));
  }

  get check(): CheckResult | null {
    return this.result && "cases" in this.result && !("names" in this.result) ? (this.result as CheckResult) : null;
  }

  get compared(): CompareResult | null {
    return this.result && "names" in this.result ? this.result : null;
  }

  get scaled(): ScaleResult | null {
    return this.result && "rungs" in this.result ? this.result : null;
  }

  /** Cases that have something to show, in the order in which they came. */
  get caseNames(): string[] {
    const names = new Set([...this.cases.map((one) => one.case), ...Object.keys(this.progress), ...Object.keys(this.series)]);
    return [...names];
  }

  async load(): Promise<void> {
    const detail = await api.run(this.id);
    const { text, result, series, series_a, series_b, faults, error, ...meta } = detail;
    this.meta = meta;
    this.text = text;
    this.loaded = true;
    if (result) this.result = result;
    if (series && (this.over || !Object.keys(this.series).length)) this.series = series;
    this.sides = [series_a ?? {}, series_b ?? {}];
    if (faults) this.faults = faults;
    this.error = error;
    if (this.check) this.cases = this.check.cases;
    this.changed();
  }

  private take(event: string, data: never): void {
    if (event === "series") {
      const piece = data as Piece;
      extend((this.series[piece.case] ??= {}), piece);
    } else if (event === "progress") {
      const progress = data as Progress;
      if (progress.note !== undefined) this.note = progress.note;
      if (progress.case) this.progress = { ...this.progress, [progress.case]: progress };
    } else if (event === "case") {
      const one = data as CaseResult;
      this.cases = [...this.cases.filter((other) => other.case !== one.case), one];
    } else if (event === "faults") {
      this.faults = data as Record<string, FaultWindow[]>;
    } else if (event === "result") {
      this.result = (data as { result: RunDetail["result"] }).result;
      if (this.check) this.cases = this.check.cases;
    } else if (event === "failed") {
      const told = data as { error: RunDetail["error"]; result?: RunDetail["result"] };
      this.error = told.error;
      this.result = told.result ?? this.result;
      if (this.check) this.cases = this.check.cases;
    } else if (event === "state" && this.meta) {
      this.meta = { ...this.meta, ...(data as Partial<RunMeta>) };
      set((now) => ({ runs: now.runs.map((run) => (run.id === this.id ? { ...run, ...(data as Partial<RunMeta>) } : run)) }));
    }
    if (event === "result" || event === "failed") {
      this.stop?.();
      void this.load().catch(() => undefined);
    }
    this.changed();
  }

  private changed(): void {
    this.version += 1;
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      for (const listener of this.listeners) listener();
    });
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

const open = new Map<string, LiveRun>();
const KEPT = 6;

/** The run of an id, followed while it goes on; a few are kept, so that switching back is at once. */
export function liveRun(id: string): LiveRun {
  let run = open.get(id);
  if (run) open.delete(id);
  else {
    run = new LiveRun(id);
    run.open();
  }
  open.set(id, run);
  for (const [key, other] of open) {
    if (open.size <= KEPT) break;
    other.close();
    open.delete(key);
  }
  return run;
}

export function forget(id: string): void {
  open.get(id)?.close();
  open.delete(id);
}

const nothing = () => () => undefined;

/** Renders again when the run has news. */
export function useRun(id: string | null): LiveRun | null {
  const run = id === null ? null : liveRun(id);
  useSyncExternalStore(run ? run.subscribe : nothing, () => run?.version ?? 0);
  return run;
}
