/** What becomes of the design when its load grows. */

import { run as start } from "../actions";
import { show, times } from "../format";
import { useRun } from "../live";
import { use } from "../store";
import type { ScaleResult } from "../types";
import { Icon } from "../ui/icons";
import { Button, Empty } from "../ui/kit";
import { Waiting } from "./Compare";

export function ScalePanel() {
  const runs = use((now) => now.runs);
  const doc = use((now) => now.doc);
  const name = use((now) => now.good.blueprint?.name);
  const mine = runs.filter((one) => one.kind === "scale" && (doc?.path ? one.path === doc.path : one.blueprint === name));
  const run = useRun(mine[0]?.id ?? null);
  const told = run?.scaled;
  const again = <Button icon="play" kind={told ? "plain" : "primary"} onClick={() => void start("scale", { cases: null })} disabled={!doc}>{told ? "Tell it again" : "Tell the story"}</Button>;
  if (!run || (run.over && !told)) {
    return (
      <Empty title="The scale story" icon="wide">
        <p>What breaks first when the load grows, why, what mends it, what that costs, and what breaks next. It takes a minute or two.</p>
        {run?.error && <p className="bad-note">{run.error.message}</p>}
        <p>{again}</p>
      </Empty>
    );
  }
  if (!told) return <Waiting run={run} what="The load grows until something breaks…" />;
  return <Told told={told} again={again} stale={run.text !== null && run.meta?.state === "done"} />;
}

function Told({ told, again }: { told: ScaleResult; again: React.ReactNode; stale: boolean }) {
  return (
    <div className="scale">
      <header className="run-line">
        <h3>{told.blueprint}, to {times(told.to)}</h3>
        {again}
      </header>
      <Ladder told={told} />
      <ol className="breaks">
        {told.breaks.map((one, i) => (
          <li key={i}>
            <div className="break-at">
              <b>{times(one.low)}</b>
              <small>{one.measured ? `holds at ${times(one.low)}, breaks at ${times(one.high)}` : "on paper"}</small>
            </div>
            <div>
              <p className="break-what"><code>{one.guarantee}</code>{one.component && <span> — <b>{one.component}</b>{one.limited_by ? `, by ${one.limited_by}` : ""}</span>}</p>
              <p className="muted">{one.evidence || one.unmeasured}</p>
              {one.mitigations.length > 0 && (
                <ul>
                  {one.mitigations.map((other, k) => (
                    <li key={k}>
                      <span>{other.component}: {other.text}</span>
                      {Object.entries(other.edit).map(([path, value]) => <code key={path}>{path}: {String(value)}</code>)}
                      {other.price !== null && <em>+{show(other.price, "USD/month")}</em>}
                    </li>
                  ))}
                </ul>
              )}
              {one.lasts_to !== null && <p className="lasts"><Icon name="check" size={13} /> {one.lasts_measured ? "then it lasts to" : "then, on paper, it lasts to"} <b>{times(one.lasts_to)}</b></p>}
            </div>
          </li>
        ))}
      </ol>
      <p className="note"><b>The end:</b> {told.ends}{told.partial ? ` (${told.partial})` : ""}</p>
      {Object.entries(told.behind ?? {}).map(([log, load]) => (
        <p key={log} className="note muted">The hottest key of {log} falls behind from {times(load)} on, slower than runs show.</p>
      ))}
    </div>
  );
}

/** Cost over load: the price of growing, with the breaks on the way. */
function Ladder({ told }: { told: ScaleResult }) {
  const rungs = told.rungs.filter((one) => one.load > 0);
  if (rungs.length < 2) return null;
  const width = 640;
  const height = 150;
  const [left, right, top, bottom] = [58, 12, 14, 26];
  const most = Math.max(...rungs.map((one) => one.cost)) * 1.08;
  const last = Math.log10(Math.max(...rungs.map((one) => one.load), ...told.breaks.map((one) => one.high)));
  const first = Math.log10(Math.min(1, ...rungs.map((one) => one.load)));
  const x = (load: number) => left + ((Math.log10(load) - first) / (last - first || 1)) * (width - left - right);
  const y = (cost: number) => height - bottom - (cost / most) * (height - top - bottom);
  const path = rungs.map((one, i) => (i === 0 ? `M${x(one.load)},${y(one.cost)}` : `H${x(one.load)}V${y(one.cost)}`)).join("");
  return (
    <svg className="ladder" viewBox={`0 0 ${width} ${height}`} role="img" aria-label="Cost over load, with what breaks on the way">
      {[0, 0.5, 1].map((share) => (
        <g key={share}>
          <line x1={left} x2={width - right} y1={y(most * share * 0.92)} y2={y(most * share * 0.92)} className="ladder-grid" />
          <text x={left - 6} y={y(most * share * 0.92)} textAnchor="end" dominantBaseline="central">{show(most * share * 0.92, "USD/month")}</text>
        </g>
      ))}
      {told.breaks.map((one, i) => (
        <g key={i}>
          <line x1={x(one.low)} x2={x(one.low)} y1={top} y2={height - bottom} className="ladder-break" />
          <circle cx={x(one.low)} cy={top} r={7} className="ladder-dot" />
          <text x={x(one.low)} y={top + 0.5} textAnchor="middle" dominantBaseline="central" className="ladder-number">{i + 1}</text>
        </g>
      ))}
      <path d={path} className="ladder-cost" />
      {rungs.filter((one, i) => i === 0 || x(one.load) - x(rungs[i - 1]!.load) > 34).map((one) => (
        <text key={one.load} x={x(one.load)} y={height - 8} textAnchor="middle">{times(one.load)}</text>
      ))}
    </svg>
  );
}
