/** Below the diagram: which moment of the run it shows. */

import { useEffect, useRef, useState } from "react";
import { type LiveRun, useRun } from "../live";
import { moment, showMoment, span } from "../playback";
import { get, set, use } from "../store";
import { Button } from "../ui/kit";

/** The case to show: the one chosen, the one that goes on, else the worst. */
export function shownCase(run: LiveRun | null, chosen: string | null): string | null {
  if (!run) return null;
  const names = run.caseNames;
  if (chosen && names.includes(chosen)) return chosen;
  if (!run.over) return Object.keys(run.progress).findLast((name) => (run.progress[name]?.share ?? 0) < 1) ?? names.at(-1) ?? null;
  return (run.cases.find((one) => one.verdict === "broken") ?? run.cases.find((one) => one.verdict === "unknown"))?.case ?? names[0] ?? null;
}

const WHOLE_S = 12;

export function PlayBar() {
  const runId = use((now) => now.runId);
  const chosen = use((now) => now.runCase);
  const at = use((now) => now.at);
  const overlay = use((now) => now.overlay);
  const run = useRun(runId);
  const of = shownCase(run, chosen);
  const series = (of && run?.series[of]) || null;
  const range = series ? span(series) : null;
  const [playing, setPlaying] = useState(false);
  const frame = useRef(0);
  const low = range?.[0] ?? 0;
  const high = range?.[1] ?? 0;
  const time = Math.min(high, Math.max(low, at ?? high));
  useEffect(() => {
    showMoment(overlay && series && range ? moment(series, Math.min(time, high - 1e-6)) : null);
    // eslint-disable-next-line
  }, [overlay, series, time, run?.version]);
  useEffect(() => () => showMoment(null), []);
  useEffect(() => setPlaying(false), [runId, of]);
  useEffect(() => {
    if (!playing) return;
    let before = performance.now();
    const step = (now: number) => {
      const pass = ((now - before) / 1000) * ((high - low) / WHOLE_S);
      before = now;
      const next = (get().at ?? low) + pass;
      if (next >= high) {
        set({ at: null });
        setPlaying(false);
        return;
      }
      set({ at: next });
      frame.current = requestAnimationFrame(step);
    };
    frame.current = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame.current);
  }, [playing, low, high]);
  if (!run || !of || !range) return null;
  const share = (value: number) => `${((value - low) / Math.max(1e-9, high - low)) * 100}%`;
  return (
    <div className="playbar">
      <div className="segmented" role="group" aria-label="What the diagram shows">
        <button type="button" aria-pressed={!overlay} onClick={() => set({ overlay: false })}>On paper</button>
        <button type="button" aria-pressed={overlay} onClick={() => set({ overlay: true })}>In the run</button>
      </div>
      <Button
        kind="quiet" icon={playing ? "stop" : "play"} aria-label={playing ? "Pause" : "Play the run"} disabled={!overlay || !run.over}
        title={playing ? "Pause" : "Play the run"}
        onClick={() => {
          if (!playing && (at === null || at >= high)) set({ at: low });
          setPlaying(!playing);
        }}
      />
      <div className={`slider${overlay ? "" : " off"}`}>
        <div className="slider-faults" aria-hidden="true">
          {(run.faults[of] ?? []).map((one, i) => {
            const from = Math.max(low, one.start_s);
            const till = Math.min(high, one.end_s ?? high);
            return till >= from ? <i key={i} title={one.fault} style={{ left: share(from), width: `max(3px, ${share(low + till - from)})` }} /> : null;
          })}
        </div>
        <input
          type="range" min={low} max={high} step={(high - low) / 400 || 1} value={time} aria-label="Moment of the run" disabled={!overlay}
          aria-valuetext={`${time.toFixed(2)} s`}
          onChange={(event) => {
            setPlaying(false);
            const next = Number(event.target.value);
            set({ at: next >= high - 1e-9 ? null : next });
          }}
        />
      </div>
      <output className="playbar-time">{!run.over && at === null ? "live" : `${time.toFixed(1)} s`}</output>
      <span className="playbar-case" title="the case that is shown">{of}</span>
    </div>
  );
}
