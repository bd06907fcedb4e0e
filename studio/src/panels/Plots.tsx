/** The plots of one case of a run. */

import { useEffect, useMemo, useState } from "react";
import type { LiveRun, SeriesOf } from "../live";
import { span } from "../playback";
import { use } from "../store";
import type { FaultWindow } from "../types";
import { Empty } from "../ui/kit";
import { Plot, type Line } from "../ui/Plot";

const MOST = 8;

/** The components that have a series, the liveliest first. */
export function partsWith(series: SeriesOf, suffix: string, names: string[] | null): string[] {
  return Object.keys(series)
    .filter((metric) => metric.endsWith(`.${suffix}`))
    .map((metric) => metric.slice(0, -suffix.length - 1))
    .filter((name) => names === null || names.includes(name));
}

export function highest(series: SeriesOf, metric: string): number {
  let top = 0;
  for (const value of series[metric]?.values ?? []) if (value !== null && value > top) top = value;
  return top;
}

export function flowsIn(series: SeriesOf): string[] {
  return [...new Set(Object.keys(series).flatMap((metric) => /^(.+)\.goodput$/.exec(metric)?.[1] ?? []))];
}

export function percentilesOf(series: SeriesOf, flow: string): string[] {
  return Object.keys(series).filter((metric) => metric.startsWith(`${flow}.`) && /^p\d+$/.test(metric.slice(flow.length + 1)));
}

export function PlotGrid({ run, of, at, onSeek }: { run: LiveRun; of: string; at: number | null; onSeek: (time: number) => void }) {
  const series = run.series[of];
  const faults: FaultWindow[] | undefined = run.faults[of];
  const known = use((now) => now.good.diagram);
  const order = known?.flows.map((one) => one.name) ?? [];
  const flows = series ? flowsIn(series).sort((a, b) => order.indexOf(a) - order.indexOf(b)) : [];
  const flowList = flows.join("\n");
  const [chosen, setFlow] = useState<string | null>(null);
  const flow = chosen && flows.includes(chosen) ? chosen : (flows[0] ?? null);
  const names = series ? Object.keys(series).sort().join("\n") : "";
  // every few pieces it is seen anew which parts have queues worth a line
  const look = Math.floor(run.version / 20);
  const plots = useMemo(() => {
    if (!series) return null;
    const order = known?.nodes.map((node) => node.name) ?? [];
    const hue = (name: string) => `flow-${(Math.max(0, order.indexOf(name)) + order.length) % 10}`;
    const spread = (suffix: string, least = 0): Line[] =>
      partsWith(series, suffix, null)
        .map((name) => ({ name, top: highest(series, `${name}.${suffix}`) }))
        .filter((one) => one.top > least)
        .sort((a, b) => b.top - a.top)
        .slice(0, MOST)
        .map((one, i) => ({ metric: `${one.name}.${suffix}`, label: one.name, colour: order.length ? hue(one.name) : `flow-${i % 10}` }));
    const distinct = (lines: Line[]): Line[] => {
      const used = new Set<string>();
      return lines.map((line) => {
        let colour = line.colour;
        for (let i = 0; used.has(colour) && i < 10; i++) colour = `flow-${i}`;
        used.add(colour);
        return { ...line, colour };
      });
    };
    return {
      used: distinct(spread("utilisation")), queue: distinct(spread("queue", 0.5)), lag: distinct(spread("lag", 0.5)),
      hit: distinct(spread("hit_ratio")), shed: distinct(spread("shed")),
      hottest: distinct(spread("hottest_shard")),
    };
    // eslint-disable-next-line
  }, [names, look, run.over, known, of]);
  const timing = useMemo((): { latency: Line[]; rate: Line[] } | null => {
    if (!series || !flow) return null;
    const hues = ["flow-2", "flow-0", "flow-3"];
    const age = `${flow}.age`;
    const from = percentilesOf(series, flow).length ? flow : age;
    return {
      latency: percentilesOf(series, from).sort().map((metric, i) => ({
        metric, label: metric.slice(flow.length + 1), colour: hues[i % hues.length]!,
      })),
      rate: [
        { metric: `${flow}.rate`, label: "arrive", colour: "faint", dash: [4, 3] },
        { metric: `${flow}.goodput`, label: "served", colour: "holds" },
        { metric: `${flow}.errors`, label: "fail", colour: "broken", fill: true },
        ...(highest(series, `${flow}.retries`) > 0 ? [{ metric: `${flow}.retries`, label: "retries", colour: "unknown" }] : []),
      ].filter((line) => series[line.metric]),
    };
    // eslint-disable-next-line
  }, [names, flow, look, of]);
  const range = series ? span(series) : null;
  const total = run.progress[of]?.duration_s;
  const whole = useMemo((): [number, number] | null => {
    if (!range) return null;
    return run.over || !total ? range : [range[0], Math.max(range[1], range[0] + total)];
    // eslint-disable-next-line
  }, [range?.[0], range?.[1], total, run.over]);
  const [, again] = useState(0);
  useEffect(() => again((n) => n + 1), [flowList]);
  if (!series || !plots || !Object.keys(series).length) {
    return <Empty title={run.over ? "This run has no series." : "The plots grow as the run goes."} />;
  }
  const common = { series, faults, sync: `run-${run.id}`, version: run.version, at, onSeek, span: whole };
  return (
    <div className="plots">
      {flows.length > 1 && (
        <div className="chips" role="group" aria-label="Flow">
          {flows.map((name) => (
            <button type="button" key={name} aria-pressed={name === flow} onClick={() => setFlow(name)}>{name}</button>
          ))}
        </div>
      )}
      <div className="plot-grid">
        {timing && timing.latency.length > 0 && <Plot title={`Latency of ${flow}`} unit="s" lines={timing.latency} {...common} />}
        {timing && <Plot title={`Throughput of ${flow}`} unit="1/s" lines={timing.rate} {...common} />}
        {plots.used.length > 0 && <Plot title="Utilisation" unit="ratio" lines={plots.used} {...common} />}
        {plots.queue.length > 0 && <Plot title="Queue depth" unit="count" lines={plots.queue} {...common} />}
        {plots.lag.length > 0 && <Plot title="Consumer lag" unit="count" lines={plots.lag} {...common} />}
        {plots.hit.length > 0 && <Plot title="Hit ratio" unit="ratio" lines={plots.hit} {...common} />}
        {plots.shed.length > 0 && <Plot title="Turned away" unit="1/s" lines={plots.shed} {...common} />}
        {plots.hottest.length > 0 && <Plot title="Hottest shard" unit="ratio" lines={plots.hottest} {...common} />}
      </div>
    </div>
  );
}
