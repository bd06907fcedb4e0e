/** A run as it goes: progress, plots, what was decided so far. */

import { useCallback } from "react";
import { cancel } from "../actions";
import { clock, compact, duration } from "../format";
import { useRun, type LiveRun } from "../live";
import { set, use } from "../store";
import { Badge, Button, Empty, Tabs, VERDICTS } from "../ui/kit";
import { Icon } from "../ui/icons";
import { shownCase } from "./PlayBar";
import { PlotGrid } from "./Plots";

export const STATES: Record<string, string> = {
  queued: "waits", running: "runs", done: "done", partial: "partial", cancelled: "cancelled", failed: "failed",
  interrupted: "interrupted",
};

export function RunPanel() {
  const runId = use((now) => now.runId);
  const chosen = use((now) => now.runCase);
  const at = use((now) => now.at);
  const run = useRun(runId);
  const seek = useCallback((time: number) => set({ at: time, overlay: true }), []);
  if (!run || run.gone) {
    return (
      <Empty title="No run yet" icon="play">
        <p>Choose the cases above and press <kbd>Ctrl</kbd> <kbd>Enter</kbd>. The run is drawn as it goes, and kept.</p>
      </Empty>
    );
  }
  const of = shownCase(run, chosen);
  const names = run.caseNames;
  return (
    <div className="run">
      <RunHead run={run} />
      {names.length > 0 && (
        <Tabs
          label="Cases of the run" className="case-tabs" value={of ?? ""} onChange={(name) => set({ runCase: name, at: null })}
          tabs={names.map((name) => {
            const verdict = run.cases.find((one) => one.case === name)?.verdict;
            const share = run.progress[name]?.share ?? null;
            return {
              id: name,
              label: <>{verdict ? <span className={`dot ${verdict}`}><Icon name={VERDICTS[verdict].icon} size={11} /></span> : !run.over && <span className="ring" style={{ "--share": share ?? 0 } as React.CSSProperties} />}{name}</>,
            };
          })}
        />
      )}
      {of && <PlotGrid run={run} of={of} at={at} onSeek={seek} />}
    </div>
  );
}

function RunHead({ run }: { run: LiveRun }) {
  const { meta } = run;
  const active = Object.values(run.progress).findLast((one) => (one.share ?? 0) < 1) ?? Object.values(run.progress).at(-1);
  const wanted = meta?.cases?.length ?? Math.max(1, run.caseNames.length);
  const share = run.over ? 1 : Math.min(1, (run.cases.length + (active && !run.cases.some((one) => one.case === active.case && one.guarantees.length) ? (active.share ?? 0) : 0)) / wanted);
  const check = run.check;
  return (
    <header className="run-head">
      <div className="run-line">
        {check ? <Badge verdict={check.verdict} /> : <span className={`state ${meta?.state ?? "queued"}`}>{STATES[meta?.state ?? "queued"]}{meta?.state === "queued" && meta.position !== null ? `, place ${meta.position + 1}` : ""}</span>}
        <h3>{meta?.name || meta?.blueprint || "run"}{meta?.variant ? <small> variant {meta.variant}</small> : null}</h3>
        <span className="muted run-facts">
          {!run.over && !active && (run.note ?? (meta?.state === "running" ? "the engine starts…" : ""))}
          {!run.over && active && (
            <>
              {active.case ?? ""}{active.seed !== null && active.seed !== undefined ? `, seed ${active.seed}` : ""}
              {active.simulated_s !== null && active.duration_s !== null && active.duration_s !== undefined ? ` · ${duration(active.simulated_s)} of ${duration(active.duration_s)}` : ""}
              {active.events ? ` · ${compact(active.events)} events` : ""}
              {active.events_per_s ? ` · ${compact(active.events_per_s)}/s` : ""}
            </>
          )}
          {run.over && meta?.created_s ? `${clock(meta.created_s)}${meta.ended_s && meta.started_s ? `, took ${duration(meta.ended_s - meta.started_s)}` : ""}` : ""}
        </span>
        {!run.over && <Button icon="stop" kind="danger" onClick={() => void cancel(run.id)}>Cancel</Button>}
        {run.over && check && <Button kind="plain" onClick={() => set({ tab: "verdict" })}>See the verdict</Button>}
      </div>
      {!run.over && (
        <div className="progress" role="progressbar" aria-label="Progress" aria-valuenow={Math.round(share * 100)} aria-valuemin={0} aria-valuemax={100}>
          <i className={share === 0 ? "waiting" : ""} style={{ transform: `scaleX(${share || 1})` }} />
        </div>
      )}
      {run.error && <p className="bad-note"><Icon name="warning" size={14} /> {run.error.message}{run.error.hint ? ` — ${run.error.hint}` : ""}</p>}
      {meta && ["cancelled", "partial", "interrupted"].includes(meta.state) && (
        <p className="warn-note"><Icon name="warning" size={14} /> {meta.state === "interrupted" ? "The server was stopped in this run: " : ""}What was done until then is shown, and is only a part.</p>
      )}
    </header>
  );
}
