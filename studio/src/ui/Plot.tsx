/** A plot over time that grows without being made again. */

import { memo, useEffect, useLayoutEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { show } from "../format";
import type { SeriesOf } from "../live";
import type { FaultWindow } from "../types";
import { colour, useScheme } from "./kit";

export interface Line {
  metric: string;
  label: string;
  /** Name of a colour of the page. */
  colour: string;
  dash?: number[];
  /** Where its values are, when it is not of the plot's own run. */
  of?: SeriesOf;
  fill?: boolean;
}

export interface PlotProps {
  title: string;
  unit: string;
  series: SeriesOf;
  lines: Line[];
  faults?: FaultWindow[];
  bound?: { value: number; comparison: string } | null;
  height?: number;
  sync?: string;
  /** Changes when there is more to draw. */
  version: number;
  /** Where the diagram's slider is, s. */
  at?: number | null;
  onSeek?: (time: number) => void;
  span?: [number, number] | null;
}

/** The values of all lines on one time axis: the middle of each interval. */
export function columns(lines: Line[], series: SeriesOf): uPlot.AlignedData {
  const first = lines.map((line) => (line.of ?? series)[line.metric]).find((one) => one?.values.length);
  if (!first) return [[], ...lines.map(() => [])];
  let count = 0;
  for (const line of lines) {
    const one = (line.of ?? series)[line.metric];
    if (one) count = Math.max(count, Math.round((one.start + one.step * one.values.length - first.start) / first.step));
  }
  const times = Array.from({ length: count }, (_, i) => first.start + (i + 0.5) * first.step);
  return [
    times,
    ...lines.map((line) => {
      const one = (line.of ?? series)[line.metric];
      if (!one) return times.map(() => null);
      if (one.start === first.start && one.step === first.step) {
        return one.values.length === count ? one.values : times.map((_, i) => one.values[i] ?? null);
      }
      return times.map((time) => one.values[Math.floor((time - one.start) / one.step)] ?? null);
    }),
  ];
}

export const Plot = memo(function Plot(props: PlotProps) {
  const { title, unit, series, lines, faults, bound, height = 128, sync, version, at, onSeek, span } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const scheme = useScheme();
  const fresh = useRef({ faults, bound, at, unit, onSeek, span });
  fresh.current = { faults, bound, at, unit, onSeek, span };
  const shape = lines.map((line) => `${line.metric}|${line.label}|${line.colour}|${line.dash?.join() ?? ""}`).join("\n");
  const last = useRef<string>("");

  useLayoutEffect(() => {
    const parent = box.current!;
    const muted = colour("muted");
    const grid = colour("grid");
    const shade = colour("fault");
    const edge = colour("fault-edge");
    const limit = colour("broken");
    const cursor = colour("accent");
    const axis = {
      stroke: muted, font: "11px Inter, system-ui, sans-serif", grid: { stroke: grid, width: 1 }, ticks: { show: false },
    } as const;
    const options: uPlot.Options = {
      width: Math.max(80, parent.clientWidth), height, padding: [8, 8, 0, 0],
      legend: { show: false },
      cursor: {
        sync: sync ? { key: sync, setSeries: false } : undefined, points: { size: 6 }, drag: { x: false, y: false, setScale: false },
        bind: {
          mousedown: (self, _target, handler) => (event) => {
            handler(event);
            const left = self.cursor.left;
            if (event.button === 0 && left !== undefined && left >= 0) fresh.current.onSeek?.(self.posToVal(left, "x"));
            return null;
          },
        },
      },
      scales: {
        x: {
          time: false,
          range: (_self, low, high) => fresh.current.span ?? [low ?? 0, high === low || high === null ? (low ?? 0) + 1 : high],
        },
        y: {
          range: (_self, low, high) => {
            const limitAt = fresh.current.bound?.value;
            let top = Math.max(high ?? 0, 0);
            if (limitAt !== undefined && limitAt < top * 8) top = Math.max(top, limitAt * 1.08);
            if (fresh.current.unit === "ratio" && (low ?? 0) > 0.9) {
              const least = Math.min(low ?? 1, limitAt ?? 1);
              return [least - (1 - least) * 0.2 - 1e-6, 1 + (1 - least) * 0.05];
            }
            return [0, top > 0 ? top * 1.08 : 1];
          },
        },
      },
      axes: [
        { ...axis, size: 22, gap: 3, space: 56, values: (self, splits) => splits.map((value) => (self.valToPos(value, "x") < 12 ? "" : `${Number(value.toFixed(6))} s`)) },
        { ...axis, size: 58, gap: 6, space: 30, values: (_self, splits) => splits.map((value) => show(value, fresh.current.unit)) },
      ],
      series: [
        {},
        ...lines.map((line): uPlot.Series => ({
          label: line.label, stroke: colour(line.colour), width: 1.6, dash: line.dash, points: { show: false }, spanGaps: false,
          fill: line.fill ? `color-mix(in srgb, ${colour(line.colour)} 12%, transparent)` : undefined,
        })),
      ],
      hooks: {
        drawClear: [
          (self) => {
            const { ctx } = self;
            for (const window of fresh.current.faults ?? []) {
              const from = Math.max(self.bbox.left, self.valToPos(window.start_s, "x", true));
              const till = Math.min(
                self.bbox.left + self.bbox.width, window.end_s === null ? Infinity : Math.max(self.valToPos(window.end_s, "x", true), from + 2),
              );
              if (!(till > from)) continue;
              ctx.fillStyle = shade;
              ctx.fillRect(from, self.bbox.top, till - from, self.bbox.height);
              ctx.fillStyle = edge;
              ctx.fillRect(from, self.bbox.top, devicePixelRatio, self.bbox.height);
            }
          },
        ],
        draw: [
          (self) => {
            const { ctx } = self;
            const limitAt = fresh.current.bound?.value;
            if (limitAt !== undefined) {
              const y = self.valToPos(limitAt, "y", true);
              if (y >= self.bbox.top && y <= self.bbox.top + self.bbox.height) {
                ctx.save();
                ctx.strokeStyle = limit;
                ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
                ctx.lineWidth = 1.2 * devicePixelRatio;
                ctx.beginPath();
                ctx.moveTo(self.bbox.left, y);
                ctx.lineTo(self.bbox.left + self.bbox.width, y);
                ctx.stroke();
                ctx.restore();
              }
            }
            if (fresh.current.at !== null && fresh.current.at !== undefined) {
              const x = self.valToPos(fresh.current.at, "x", true);
              if (x >= self.bbox.left && x <= self.bbox.left + self.bbox.width) {
                ctx.fillStyle = cursor;
                ctx.fillRect(x, self.bbox.top, 1.5 * devicePixelRatio, self.bbox.height);
              }
            }
          },
        ],
        setCursor: [
          (self) => {
            const i = self.cursor.idx;
            const read = box.current?.parentElement?.querySelector(".plot-read");
            if (!read) return;
            const time = i === null || i === undefined ? undefined : self.data[0][i];
            read.textContent = time === undefined ? "" : `${Number(time.toFixed(2))} s`;
            for (const [k, node] of [...(box.current?.parentElement?.querySelectorAll(".plot-value") ?? [])].entries()) {
              const value = i === null || i === undefined ? undefined : self.data[k + 1]?.[i];
              node.textContent = value === undefined || value === null ? "" : show(value, fresh.current.unit);
            }
          },
        ],
      },
    };
    const made = new uPlot(options, columns(lines, series), parent);
    plot.current = made;
    last.current = "";
    const observer = new ResizeObserver(() => {
      const width = parent.clientWidth;
      if (width > 60 && Math.abs(width - made.width) > 1) made.setSize({ width, height });
    });
    observer.observe(parent);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
    // the values come by the effect below
    // eslint-disable-next-line
  }, [shape, scheme, height, sync]);

  useEffect(() => {
    plot.current?.setData(columns(lines, series));
  }, [version, series, lines]);

  useEffect(() => {
    plot.current?.redraw(false, false);
  }, [at, faults, bound]);

  const legend = useMemo(
    () => lines.map((line) => (
      <span key={`${line.metric}${line.label}`} className="plot-key">
        <i style={{ background: line.dash ? `repeating-linear-gradient(90deg, var(--${line.colour}) 0 4px, transparent 4px 6px)` : `var(--${line.colour})` }} />
        {line.label} <b className="plot-value" />
      </span>
    )),
    // eslint-disable-next-line
    [shape],
  );
  return (
    <figure className="plot">
      <figcaption>
        <b>{title}</b>
        <span className="plot-read" />
        <span className="plot-keys">{legend}</span>
      </figcaption>
      <div ref={box} style={{ height }} role="img" aria-label={`${title}: ${lines.map((line) => line.label).join(", ")}`} />
    </figure>
  );
});
